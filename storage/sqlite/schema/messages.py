"""Tables of planned messages, their links, the statuses that match nothing yet, and test sends."""

RECIPIENTS = """
-- One person in one plan. dispatch is the sender's column; delivery restates the webhooks' times and cannot disagree.
-- Its states are written as alternatives: for a list SQLite builds a table in each statement that sets the column,
-- which takes a third of the time that a row takes (benchmarks/planning.py).
CREATE TABLE recipients (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  person_id INTEGER NOT NULL REFERENCES people (id),
  identity TEXT NOT NULL CHECK (identity <> ''),
  address TEXT NOT NULL,
  parameters BLOB NOT NULL,
  market TEXT NOT NULL,
  country TEXT NOT NULL,
  dispatch TEXT NOT NULL DEFAULT 'planned' CHECK (
    dispatch = 'planned' OR dispatch = 'claimed' OR dispatch = 'sending' OR dispatch = 'accepted'
    OR dispatch = 'refused' OR dispatch = 'in_doubt' OR dispatch = 'skipped' OR dispatch = 'lapsed'
  ),
  delivery TEXT NOT NULL DEFAULT 'none' CHECK (delivery = CASE
    WHEN read_at IS NOT NULL THEN 'read'
    WHEN delivered_at IS NOT NULL THEN 'delivered'
    WHEN failed_at IS NOT NULL THEN 'failed'
    WHEN expired_at IS NOT NULL THEN 'expired'
    WHEN sent_at IS NOT NULL THEN 'sent'
    WHEN held_at IS NOT NULL THEN 'held'
    ELSE 'none'
  END),
  attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
  not_before INTEGER,
  wamid TEXT UNIQUE CHECK (wamid <> ''),
  code INTEGER,
  reason TEXT,
  route TEXT CHECK (route IN ('mm', 'cloud')),
  free INTEGER NOT NULL DEFAULT 0 CHECK (free IN (0, 1)),
  sending_at INTEGER,
  accepted_at INTEGER,
  held_at INTEGER,
  sent_at INTEGER,
  delivered_at INTEGER,
  read_at INTEGER,
  failed_at INTEGER,
  expired_at INTEGER,
  clicked_at INTEGER,
  UNIQUE (campaign_id, identity),
  UNIQUE (campaign_id, person_id),
  CHECK (dispatch <> 'sending' OR sending_at IS NOT NULL),
  CHECK (dispatch <> 'accepted' OR accepted_at IS NOT NULL),
  CHECK (dispatch <> 'skipped' OR reason IS NOT NULL),
  CHECK (wamid IS NULL OR dispatch = 'accepted')
) STRICT;

-- Which rows may leave next, oldest first?
CREATE INDEX recipients_to_claim ON recipients (campaign_id, id) WHERE dispatch = 'planned';

-- When may the earliest waiting row leave?
CREATE INDEX recipients_due ON recipients (campaign_id, coalesce(not_before, 0))
WHERE dispatch IN ('planned', 'claimed');

-- Which messages are claimed, on their way, or in doubt? (after a crash; whose answer is this?)
CREATE INDEX recipients_claimed ON recipients (campaign_id, id) WHERE dispatch = 'claimed';
CREATE INDEX recipients_sending ON recipients (campaign_id, id) WHERE dispatch = 'sending';
CREATE INDEX recipients_in_doubt ON recipients (campaign_id, id) WHERE dispatch = 'in_doubt';

-- How many campaigns did this person get lately (frequency cap), and which rows are theirs (erasing)?
CREATE INDEX recipients_by_person ON recipients (person_id, coalesce(accepted_at, sending_at));

-- Whom did we message in the last 24 hours, and which campaign was accepted last?
CREATE INDEX recipients_accepted ON recipients (accepted_at, person_id, campaign_id) WHERE dispatch = 'accepted';

-- Which accepted messages have no outcome though their lifetime is over?
CREATE INDEX recipients_open ON recipients (campaign_id, coalesce(sent_at, accepted_at))
WHERE dispatch = 'accepted' AND delivery IN ('none', 'held', 'sent');

-- Which messages failed or were refused with this code, for their one further try?
CREATE INDEX recipients_by_code ON recipients (campaign_id, code, attempt) WHERE code IS NOT NULL;

-- The message ids of attempts that are over: still ours, never found again.
CREATE TABLE attempts (
  recipient_id INTEGER NOT NULL REFERENCES recipients (id),
  attempt INTEGER NOT NULL,
  wamid TEXT UNIQUE,
  code INTEGER,
  accepted_at INTEGER,
  failed_at INTEGER,
  PRIMARY KEY (recipient_id, attempt)
) STRICT, WITHOUT ROWID;

-- Click tokens: whose, and where they lead.
CREATE TABLE links (
  token TEXT PRIMARY KEY,
  recipient_id INTEGER NOT NULL REFERENCES recipients (id),
  button INTEGER NOT NULL CHECK (button >= 0),
  url TEXT NOT NULL,
  hits INTEGER NOT NULL DEFAULT 0 CHECK (hits >= 0)
) STRICT, WITHOUT ROWID;

-- Which links belong to this message (discarding, erasing)?
CREATE INDEX links_by_recipient ON links (recipient_id);

-- Statuses that match nothing yet.
CREATE TABLE parked (
  id INTEGER PRIMARY KEY,
  phone_number_id TEXT NOT NULL,
  wamid TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('held', 'sent', 'delivered', 'read', 'failed')),
  at INTEGER NOT NULL,
  tracker TEXT,
  recipient TEXT,
  recipient_user_id TEXT,
  code INTEGER,
  detail TEXT,
  route TEXT CHECK (route IN ('mm', 'cloud')),
  free INTEGER NOT NULL CHECK (free IN (0, 1)),
  received_at INTEGER NOT NULL
) STRICT;

-- Is an equal status parked already, and what is parked for this message id?
CREATE UNIQUE INDEX parked_once ON parked (
  wamid, status, at, phone_number_id, coalesce(tracker, ''), coalesce(code, 0), coalesce(route, ''), free
);

-- Which parked statuses are too old?
CREATE INDEX parked_by_age ON parked (received_at);

-- Test sends to testers' phones, outside every figure.
CREATE TABLE trials (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  phone_number_id TEXT NOT NULL,
  address TEXT NOT NULL,
  parameters BLOB NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  dispatch TEXT NOT NULL CHECK (dispatch IN (
    'planned', 'claimed', 'sending', 'accepted', 'refused', 'in_doubt', 'skipped', 'lapsed'
  )),
  wamid TEXT UNIQUE CHECK (wamid <> ''),
  code INTEGER
) STRICT;

-- Which test sends wait for this number, and which were under way?
CREATE INDEX trials_by_dispatch ON trials (dispatch, phone_number_id, id);
"""

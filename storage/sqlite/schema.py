"""The first schema, readable from top to bottom: people, consent, campaigns, messages.

Instants are INTEGER milliseconds, booleans 0 or 1, structured values JSON text. Every table is STRICT. An index says
which question it answers; a CHECK says which promise it keeps.
"""

PEOPLE = """
-- One human being. standing holds the bits of bot.domain.consent.Standing; each bit is tied to the instant beside it.
CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  phone TEXT UNIQUE CHECK (phone GLOB '+[1-9]*'),
  bsuid TEXT UNIQUE CHECK (bsuid <> ''),
  wa_id TEXT,
  identity TEXT NOT NULL CHECK (identity <> ''),
  country TEXT NOT NULL,
  market TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(attributes)),
  standing INTEGER NOT NULL DEFAULT 0 CHECK (standing BETWEEN 0 AND 31),
  opted_in_at INTEGER,
  stopped_at INTEGER,
  whatsapp_stopped_at INTEGER,
  suppressed_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  erased_at INTEGER,
  CHECK (((standing & 1) <> 0) = (opted_in_at IS NOT NULL)),
  CHECK (((standing & 2) <> 0) = (stopped_at IS NOT NULL)),
  CHECK (((standing & 4) <> 0) = (whatsapp_stopped_at IS NOT NULL)),
  CHECK (((standing & 8) <> 0) = (suppressed_at IS NOT NULL)),
  CHECK (((standing & 16) <> 0) = (phone IS NULL AND bsuid IS NULL)),
  CHECK (erased_at IS NULL OR standing = 16)
) STRICT;

-- Who is the person behind these digits of Meta's?
CREATE INDEX people_by_wa_id ON people (wa_id) WHERE wa_id IS NOT NULL;

-- Is somebody else the same human being, and who comes first?
CREATE INDEX people_by_identity ON people (identity, id);

CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '' AND name = lower(name))
) STRICT;

CREATE TABLE person_tags (
  person_id INTEGER NOT NULL REFERENCES people (id),
  tag_id INTEGER NOT NULL REFERENCES tags (id),
  PRIMARY KEY (person_id, tag_id)
) STRICT, WITHOUT ROWID;

-- Which tags are in use?
CREATE INDEX person_tags_by_tag ON person_tags (tag_id, person_id);
"""

CONSENTS = """
-- The history of consent, append-only. The one change allowed is redacting personal text when a person is erased.
CREATE TABLE consents (
  id INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL CHECK (
    kind IN ('opt_in', 'stop', 'resume', 'whatsapp_stop', 'whatsapp_resume', 'suppress', 'erase')
  ),
  at INTEGER NOT NULL,
  source TEXT NOT NULL,
  wording TEXT NOT NULL,
  evidence TEXT NOT NULL,
  actor TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  redacted_at INTEGER,
  CHECK (redacted_at IS NULL OR (wording = '' AND evidence = ''))
) STRICT;

-- What did this person say, in order?
CREATE INDEX consents_by_person ON consents (person_id, at, id);

-- Is this opt-in on record already? (an import repeated writes nothing)
CREATE UNIQUE INDEX consents_opt_in_once ON consents (person_id, source, wording, at)
WHERE kind = 'opt_in' AND redacted_at IS NULL;

CREATE TRIGGER consents_keep_every_line BEFORE DELETE ON consents
BEGIN
  SELECT RAISE(ABORT, 'the history of consent is append-only');
END;

CREATE TRIGGER consents_change_only_by_redaction BEFORE UPDATE ON consents
WHEN NOT (
  OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
  AND NEW.id = OLD.id AND NEW.person_id = OLD.person_id AND NEW.kind = OLD.kind AND NEW.at = OLD.at
  AND NEW.source = OLD.source AND NEW.actor = OLD.actor AND NEW.recorded_at = OLD.recorded_at
)
BEGIN
  SELECT RAISE(ABORT, 'the history of consent is append-only');
END;

CREATE TABLE imports (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  wording TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  actor TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  "rows" INTEGER NOT NULL CHECK ("rows" >= 0),
  added INTEGER NOT NULL CHECK (added >= 0),
  updated INTEGER NOT NULL CHECK (updated >= 0),
  refused INTEGER NOT NULL CHECK (refused >= 0),
  finished_at INTEGER
) STRICT;

CREATE TABLE audiences (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  rule TEXT NOT NULL CHECK (json_valid(rule)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
"""

TEMPLATES = """
-- What Meta lists; a template that is no longer listed stays, as DELETED, because campaigns name it.
CREATE TABLE templates (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  status TEXT NOT NULL,
  category TEXT NOT NULL,
  components TEXT NOT NULL CHECK (json_valid(components)),
  parameter_format TEXT NOT NULL,
  ttl_seconds INTEGER,
  quality TEXT NOT NULL,
  has_bid INTEGER NOT NULL CHECK (has_bid IN (0, 1)),
  last_updated_at INTEGER,
  last_used_at INTEGER,
  changed_at INTEGER NOT NULL
) STRICT;

-- Which templates to offer, by name?
CREATE INDEX templates_by_name ON templates (name, language);

-- When was Meta's list last read? One row.
CREATE TABLE template_sync (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- Our own edits of a template's lifetime, for Meta's quota of edits.
CREATE TABLE template_edits (
  id INTEGER PRIMARY KEY,
  template_id TEXT NOT NULL REFERENCES templates (id),
  ttl_seconds INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- How many edits of this template since then?
CREATE INDEX template_edits_by_template ON template_edits (template_id, at);
"""

CAMPAIGNS = """
CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE CHECK (token <> ''),
  name TEXT NOT NULL CHECK (name <> ''),
  template_id TEXT NOT NULL REFERENCES templates (id),
  audience_id INTEGER NOT NULL REFERENCES audiences (id),
  channel TEXT NOT NULL,
  phone_number_id TEXT NOT NULL,
  ttl_seconds INTEGER CHECK (ttl_seconds > 0),
  scheduled_at INTEGER,
  offer_ends_at INTEGER,
  policy TEXT NOT NULL CHECK (policy IN ('STRICT', 'CLOUD_API_FALLBACK')),
  activity_sharing INTEGER CHECK (activity_sharing IN (0, 1)),
  bindings TEXT NOT NULL CHECK (json_valid(bindings)),
  state TEXT NOT NULL CHECK (state IN (
    'draft', 'planning', 'in_review', 'approved', 'scheduled', 'sending', 'paused', 'sent', 'closed',
    'rejected', 'changes_requested', 'cancelled', 'failed'
  )),
  version INTEGER NOT NULL CHECK (version >= 0),
  revision INTEGER NOT NULL CHECK (revision >= 0),
  created_by TEXT NOT NULL,
  team TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  template TEXT CHECK (template IS NULL OR json_valid(template)),
  "plan" TEXT CHECK ("plan" IS NULL OR json_valid("plan")),
  digest TEXT,
  submitted_at INTEGER,
  approved_by TEXT,
  approved_at INTEGER,
  approval_expires_at INTEGER,
  started_at INTEGER,
  sent_at INTEGER,
  reason TEXT,
  hold_until INTEGER,
  CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
  CHECK (approved_by <> created_by)
) STRICT;

-- Which campaigns bear this name?
CREATE INDEX campaigns_by_name ON campaigns (name);

-- Which campaigns are in these states (what to send, close, show)?
CREATE INDEX campaigns_by_state ON campaigns (state, id);

-- Which campaigns use this template?
CREATE INDEX campaigns_by_template ON campaigns (template_id, id);

-- Which campaigns did this person make?
CREATE INDEX campaigns_by_author ON campaigns (created_by, id);

-- The figures of a card, moved in the same transaction as the message that moves them.
CREATE TABLE tallies (
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  fact TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (campaign_id, fact)
) STRICT, WITHOUT ROWID;

-- Meta's own click events, each counted once wherever it was counted.
CREATE TABLE meta_clicks (
  click_key TEXT PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  component TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many of Meta's clicks has this campaign?
CREATE INDEX meta_clicks_by_campaign ON meta_clicks (campaign_id);
"""

RECIPIENTS = """
-- One person in one plan. dispatch is the sender's column; delivery restates the webhooks' times and cannot disagree.
CREATE TABLE recipients (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  person_id INTEGER NOT NULL REFERENCES people (id),
  identity TEXT NOT NULL CHECK (identity <> ''),
  address TEXT NOT NULL,
  parameters BLOB NOT NULL,
  market TEXT NOT NULL,
  country TEXT NOT NULL,
  dispatch TEXT NOT NULL DEFAULT 'planned' CHECK (dispatch IN (
    'planned', 'claimed', 'sending', 'accepted', 'refused', 'in_doubt', 'skipped', 'lapsed'
  )),
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

RECORDS = """
-- The audit chain, append-only.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY CHECK (seq >= 1),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  previous_hash TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE
) STRICT;

-- What was done about this subject?
CREATE INDEX audit_by_subject ON audit (subject, seq);

CREATE TRIGGER audit_keeps_every_line BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit chain is append-only');
END;

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit chain is append-only');
END;

-- The end of the chain, remembered apart so that lines cut off its end are missed. One row.
CREATE TABLE audit_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL CHECK (seq >= 1),
  hash TEXT NOT NULL
) STRICT;

-- Webhook bodies that could not be understood, with the reason.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  body BLOB NOT NULL,
  kept_at INTEGER NOT NULL
) STRICT;

-- Which bodies are too old?
CREATE INDEX quarantine_by_age ON quarantine (kept_at);

-- Messages in the chat that keep themselves true; stale_since is set exactly while one shows less than is wanted.
CREATE TABLE cards (
  campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
  kind TEXT NOT NULL CHECK (kind IN ('live', 'approval')),
  channel TEXT NOT NULL,
  ts TEXT,
  wanted INTEGER NOT NULL CHECK (wanted >= drawn),
  drawn INTEGER NOT NULL CHECK (drawn >= 0),
  content_hash TEXT NOT NULL,
  drawn_at INTEGER,
  stale_since INTEGER,
  dead TEXT,
  PRIMARY KEY (campaign_id, kind),
  CHECK ((wanted > drawn) = (stale_since IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Which cards wait to be drawn, the longest waiting first?
CREATE INDEX cards_stale ON cards (stale_since) WHERE stale_since IS NOT NULL AND dead IS NULL;

-- Messages that must be posted once; key is unique for ever.
CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  channel TEXT,
  campaign_id INTEGER REFERENCES campaigns (id),
  in_thread INTEGER NOT NULL CHECK (in_thread IN (0, 1)),
  broadcast INTEGER NOT NULL CHECK (broadcast IN (0, 1)),
  text TEXT NOT NULL,
  blocks TEXT NOT NULL CHECK (json_valid(blocks)),
  queued_at INTEGER NOT NULL,
  posted_at INTEGER,
  ts TEXT,
  gave_up_at INTEGER,
  gave_up_reason TEXT,
  CHECK (channel IS NOT NULL OR campaign_id IS NOT NULL),
  CHECK (in_thread = 0 OR campaign_id IS NOT NULL),
  CHECK (posted_at IS NULL OR gave_up_at IS NULL)
) STRICT;

-- Which notices wait to be posted, in order?
CREATE INDEX notices_waiting ON notices (id) WHERE posted_at IS NULL AND gave_up_at IS NULL;

CREATE TABLE digests (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('daily', 'weekly')),
  at TEXT NOT NULL CHECK (at GLOB '[0-2][0-9]:[0-5][0-9]'),
  zone TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (channel, kind)
) STRICT;

-- Periods taken: whoever inserts one posts it.
CREATE TABLE digest_periods (
  digest_id INTEGER NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
  period_end INTEGER NOT NULL,
  taken_at INTEGER NOT NULL,
  PRIMARY KEY (digest_id, period_end)
) STRICT, WITHOUT ROWID;

-- Who may act for what. A released lease keeps its row, so that tokens only ever rise.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT,
  token INTEGER NOT NULL CHECK (token >= 1),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE numbers (
  phone_number_id TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  granted_mps INTEGER NOT NULL CHECK (granted_mps >= 1),
  messaging_limit INTEGER,
  quality TEXT NOT NULL,
  pace REAL CHECK (pace > 0),
  rests_until INTEGER,
  blocked TEXT,
  checked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE switches (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

V1 = (PEOPLE, CONSENTS, TEMPLATES, CAMPAIGNS, RECIPIENTS, RECORDS)

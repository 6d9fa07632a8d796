"""Tables of what is kept beside people and messages."""

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

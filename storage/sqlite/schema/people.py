"""Tables of people, their tags and consent, the imports that brought them, the audiences drawn from them."""

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

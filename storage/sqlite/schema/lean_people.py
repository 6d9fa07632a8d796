"""People and consent with fewer indexes to write: what an import pays for every row (benchmarks/optins_import.py)."""

# The tables are built anew because SQLite changes neither a CHECK nor a key of one that is there. Whoever runs this
# has foreign keys switched off meanwhile: the ids stay, so every reference holds before and after.

LEAN_PEOPLE = """
-- One human being. standing holds the bits of bot.domain.consent.Standing, and is no more than what the instants
-- beside it and the addresses say: one comparison for each row costs a third of one for each bit.
CREATE TABLE people_anew (
  id INTEGER PRIMARY KEY,
  phone TEXT UNIQUE CHECK (phone >= '+1' AND phone < '+:'),
  bsuid TEXT UNIQUE CHECK (bsuid <> ''),
  wa_id TEXT,
  identity TEXT NOT NULL CHECK (identity <> ''),
  country TEXT NOT NULL,
  market TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(attributes)),
  standing INTEGER NOT NULL DEFAULT 0,
  opted_in_at INTEGER,
  stopped_at INTEGER,
  whatsapp_stopped_at INTEGER,
  suppressed_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  erased_at INTEGER,
  CHECK (
    standing = (opted_in_at IS NOT NULL) + 2 * (stopped_at IS NOT NULL) + 4 * (whatsapp_stopped_at IS NOT NULL)
      + 8 * (suppressed_at IS NOT NULL) + 16 * (phone IS NULL AND bsuid IS NULL)
  ),
  CHECK (erased_at IS NULL OR standing = 16)
) STRICT;

INSERT INTO people_anew SELECT * FROM people ORDER BY id;

DROP TABLE people;

ALTER TABLE people_anew RENAME TO people;

-- Who is the person behind these digits of Meta's?
CREATE INDEX people_by_wa_id ON people (wa_id) WHERE wa_id IS NOT NULL;

-- Is somebody else the same human being, though the number is spelt another way? Of everybody else the phone says it.
CREATE INDEX people_by_identity ON people (identity, id) WHERE phone IS NULL OR identity <> substr(phone, 2);

DROP INDEX person_tags_by_tag;
"""

LEAN_CONSENTS = """
DROP INDEX consents_by_person;
DROP INDEX consents_opt_in_once;

-- The history of consent, append-only. The one change allowed is redacting personal text when a person is erased.
-- id counts the lines of one person, so that a line is written in one place: behind the others of that person.
CREATE TABLE consents_anew (
  id INTEGER NOT NULL,
  person_id INTEGER NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL CHECK (
    kind = 'opt_in' OR kind = 'stop' OR kind = 'resume' OR kind = 'whatsapp_stop' OR kind = 'whatsapp_resume'
    OR kind = 'suppress' OR kind = 'erase'
  ),
  at INTEGER NOT NULL,
  source TEXT NOT NULL,
  wording TEXT NOT NULL,
  evidence TEXT NOT NULL,
  actor TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  redacted_at INTEGER,
  CHECK (redacted_at IS NULL OR (wording = '' AND evidence = '')),
  PRIMARY KEY (person_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO consents_anew
SELECT row_number() OVER (PARTITION BY person_id ORDER BY id), person_id, kind, at, source, wording, evidence, actor,
  recorded_at, redacted_at
FROM consents ORDER BY person_id, id;

DROP TABLE consents;

ALTER TABLE consents_anew RENAME TO consents;

-- The first line of somebody repeats nothing, which spares nearly all of them the look.
CREATE TRIGGER consents_opt_in_once BEFORE INSERT ON consents
WHEN NEW.id > 1 AND NEW.kind = 'opt_in' AND NEW.redacted_at IS NULL AND EXISTS (
  SELECT 1 FROM consents AS c WHERE c.person_id = NEW.person_id AND c.kind = 'opt_in' AND c.redacted_at IS NULL
    AND c.at = NEW.at AND c.source = NEW.source AND c.wording = NEW.wording
)
BEGIN
  SELECT RAISE(ABORT, 'this opt-in is on record already');
END;

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
"""

"""People and consent with fewer indexes to write: what an import pays for every row."""

LEAN_PEOPLE = """
DROP INDEX people_by_identity;

-- Is somebody else the same human being, though the number is spelt another way? Of everybody else the phone says it.
CREATE INDEX people_by_identity ON people (identity, id) WHERE phone IS NULL OR identity <> substr(phone, 2);

DROP INDEX person_tags_by_tag;
"""

LEAN_CONSENTS = """
-- id counts the lines of one person from now on. What SQLite keeps by a trigger stays an index here: of two processes
-- that write at the same time, a trigger of one does not see what the other adds.
ALTER TABLE consents ALTER COLUMN id DROP IDENTITY;
ALTER TABLE consents DROP CONSTRAINT consents_pkey;
ALTER TABLE consents ADD PRIMARY KEY (person_id, id);

DROP INDEX consents_by_person;
"""

"""Places in the chat that take nothing until somebody mends them: what is meant for them waits."""

CHAT_TROUBLES = """
-- One channel, or one person, or with an empty place the whole workspace; one message is tried at retry_at.
CREATE TABLE chat_troubles (
  place TEXT PRIMARY KEY,
  why TEXT NOT NULL,
  since BIGINT NOT NULL,
  tries BIGINT NOT NULL CHECK (tries >= 1),
  retry_at BIGINT NOT NULL
);

-- Who is told that a notice waits.
ALTER TABLE notices ADD COLUMN asked_by TEXT;

-- These were given up for errors that a person can mend; where it cannot be mended it is found out once more.
UPDATE cards SET dead = NULL WHERE dead IS NOT NULL
  AND campaign_id IN (SELECT id FROM campaigns WHERE state NOT IN ('closed', 'rejected', 'cancelled'));
"""

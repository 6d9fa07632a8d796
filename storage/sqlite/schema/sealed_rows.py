"""The seal of a frozen row: what the approval's digest covers stays provable when somebody is erased."""

SEALED_ROWS = """
-- 16 random bytes while the row names somebody; what stands for it in the plan's chain once they are erased. Rows that
-- were frozen before there were seals have none.
ALTER TABLE recipients ADD COLUMN seal BLOB CHECK (length(seal) = 16 OR length(seal) = 32);
"""

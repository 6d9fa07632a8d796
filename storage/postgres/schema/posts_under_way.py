"""Which posts were begun and may be there though nobody wrote down their answer."""

POSTS_UNDER_WAY = """
-- When it was to be posted, while nobody knows whether it was.
ALTER TABLE cards ADD COLUMN posting_at BIGINT;
ALTER TABLE notices ADD COLUMN posting_at BIGINT;
"""

"""The index of messages without an outcome, kept out of the way of statuses."""

OPEN_MESSAGES = """
DROP INDEX recipients_open;

-- Which accepted messages have no outcome though their lifetime is over? `sent` and `read` leave it alone: moving its
-- entries cost more than all else that a status writes (benchmarks/webhooks.py). A lifetime starts no earlier than its
-- message was marked; one that was never marked (healed after a backup was restored) may have left at any time.
CREATE INDEX recipients_open ON recipients (campaign_id, coalesce(sending_at, 0))
WHERE dispatch = 'accepted' AND delivered_at IS NULL AND failed_at IS NULL AND expired_at IS NULL;
"""

"""Slack's outgoing side: ids, views, posting and editing."""

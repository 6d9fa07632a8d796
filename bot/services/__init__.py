"""Use cases: plain functions over one transaction, in the order of a campaign's life."""

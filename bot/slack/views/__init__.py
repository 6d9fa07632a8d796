"""Pure functions from what is known to Block Kit."""

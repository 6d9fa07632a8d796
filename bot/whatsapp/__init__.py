"""Meta's side of the hexagon: sending, reading templates, understanding webhooks."""

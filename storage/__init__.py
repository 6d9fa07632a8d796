"""What the bot remembers; one folder per engine behind the same ports."""

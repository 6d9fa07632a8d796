"""Programs for the people who work on Arauto; nothing of the bot needs them."""

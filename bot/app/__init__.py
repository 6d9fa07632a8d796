"""The composition root: the only package that knows every concrete class. Builds the bot, runs it, ends it cleanly."""

from bot.app.serving import serve

__all__ = ["serve"]

"""What the author sees between submitting a campaign and its approval card: how far the count has come."""

from bot.ports.chat import ChatMessage
from bot.slack.views.parts import section
from bot.slack.views.phrases import channel, code, line, people


def planning_notice(name: str, token: str, *, counted: int = 0) -> ChatMessage:
    """Say that recipients are being counted, and how many there are so far."""
    so_far = f" {people(counted)} so far." if counted else ""
    return _message(f"🧮 *{line(name, 120)}* {code(token)}: counting recipients.{so_far}")


def submitted_notice(name: str, token: str, *, approval_channel: str, recipients: int) -> ChatMessage:
    """Say that the request is where managers see it, and what happens next."""
    return _message(
        f"👀 *{line(name, 120)}* {code(token)} waits for approval in {channel(approval_channel)}: "
        f"{people(recipients)}. You get a message when somebody has decided."
    )


def _message(text: str) -> ChatMessage:
    return ChatMessage(text=text, blocks=[section(text)])

"""A strict Slack on this machine: the Web API, Socket Mode, signed HTTP, and people who type, click and submit.

It shares no code with the bot: what the real Slack refuses, this one refuses by the same name.
"""

from bot.simulator.slack.errors import PersonRefusedError
from bot.simulator.slack.outcomes import Outcome
from bot.simulator.slack.running import running, serve
from bot.simulator.slack.simulator import SlackSimulator
from bot.simulator.slack.state import Channel, Content, File, Message, View

__all__ = [
    "Channel",
    "Content",
    "File",
    "Message",
    "Outcome",
    "PersonRefusedError",
    "SlackSimulator",
    "View",
    "running",
    "serve",
]

"""An error as something a marketer can act on: in a message, or in the modal that is open."""

from bot.domain.errors import (
    ArautoError,
    ConflictError,
    FencedError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    StorageFullError,
)
from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.views.parts import Block, context, modal, section
from bot.slack.views.phrases import code, safe

_LEADS: tuple[tuple[type[ArautoError], str], ...] = (
    (InvalidInputError, "✏️ *Please check what you typed.*"),
    (NotFoundError, "🔎 *Not found.*"),
    (NotAllowedError, "🔒 *This is not yours to do.*"),
    (ConflictError, "🔁 *Somebody was faster, or something changed meanwhile.*"),
    (FencedError, "🔁 *Another part of Arauto has taken this over.*"),
    (StorageFullError, "💾 *Arauto cannot record anything more, so it sends nothing.*"),
)
_UNEXPECTED = (
    "⚠️ *Something went wrong on our side.*\nSee on the campaign's card whether it took effect before you try again. If "
    "it stays, tell whoever runs Arauto."
)


def problem(error: BaseException, *, reference: str = "") -> ChatMessage:
    """Explain an error; `reference` finds it again in the log. Unexpected errors show no inner detail."""
    text = _sentence(error)
    return ChatMessage(text=text, blocks=[section(text), *_reference(reference)])


def problem_modal(error: BaseException, *, title: str = "Arauto", reference: str = "") -> Block:
    """Explain an error in a modal that replaces the open one."""
    return modal(title, [section(_sentence(error)), *_reference(reference)], callback_id=ids.NOTICE)


def notice_modal(title: str, text: str) -> Block:
    """Say something of ours in a modal (`text` is formatted and already escaped)."""
    return modal(title, [section(text)], callback_id=ids.NOTICE)


def _sentence(error: BaseException) -> str:
    lead = next((lead for kind, lead in _LEADS if isinstance(error, kind)), None)
    return f"{lead}\n{safe(str(error), 1_000)}" if lead else _UNEXPECTED


def _reference(reference: str) -> list[Block]:
    return [context(f"Reference {code(reference)}")] if reference else []

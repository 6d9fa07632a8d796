"""The answer to `/templates`: what Meta has approved, and why some of it cannot be sent."""

from collections.abc import Mapping, Sequence

from bot.domain.instants import Millis
from bot.domain.template import Template, unsendable_reason
from bot.ports.chat import ChatMessage
from bot.slack.views import template_parts
from bot.slack.views.parts import context, section
from bot.slack.views.phrases import date, lifetime, line, safe

_SHOWN = 15
#: So few templates are shown with their message.
_PREVIEWED = 3
_QUALITY = {"GREEN": "🟢 high quality", "YELLOW": "🟡 medium quality", "RED": "🔴 low quality"}


def templates_list(
    templates: Sequence[Template],
    *,
    search: str = "",
    synced_at: Millis | None = None,
    refusals: Mapping[str, str] | None = None,
    zone: str = "UTC",
) -> ChatMessage:
    """List templates; `refusals` adds reasons only the set-up knows (template id to sentence)."""
    if not templates:
        return _nothing(search)
    has_preview = len(templates) <= _PREVIEWED
    shown = templates[:_SHOWN]
    blocks = [section(_describe(one, refusals or {}, has_preview=has_preview)) for one in shown]
    blocks.append(context(*_notes(len(templates), synced_at, zone)))
    text = "\n".join(f"{template_parts.title(one)}" for one in shown)
    return ChatMessage(text=text, blocks=blocks)


def _describe(template: Template, refusals: Mapping[str, str], *, has_preview: bool) -> str:
    reason = unsendable_reason(template) or refusals.get(template.id)
    verdict = f"❌ Cannot be sent: {safe(reason)}." if reason else "✅ Can be sent"
    facts = [
        line(template.status.capitalize(), 30),
        line(template.category.lower(), 30),
        _QUALITY.get(template.quality, "quality not rated yet"),
        f"lifetime {lifetime(template.lifetime_seconds)}",
    ]
    rows = [f"*{template_parts.title(template)}*", " · ".join(facts), verdict]
    shown = template_parts.preview(template) if has_preview else ""
    return "\n".join([*rows, shown] if shown else rows)


def _notes(count: int, synced_at: Millis | None, zone: str) -> list[str]:
    found = [f"The first {_SHOWN}; `/templates WORD` narrows the list."] if count > _SHOWN else []
    when = f"As Meta listed them {date(synced_at, zone)}." if synced_at is not None else "Not read from Meta yet."
    return [*found, when]


def _nothing(search: str) -> ChatMessage:
    if search:
        text = f"No template has “{line(search, 80)}” in its name or language. `/templates` lists all."
    else:
        text = "There are no templates. Create one in Meta's WhatsApp Manager; it appears here once it is listed."
    return ChatMessage(text=text, blocks=[section(text)])

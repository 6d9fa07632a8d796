"""The answers of `/optins` about one person, masked: what is on record about their consent, a stop, a coming back."""

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.people_sheet import PersonSheet
from bot.ports.chat import ChatMessage
from bot.slack.views.parts import fields, section
from bot.slack.views.phrases import code, date, line, number, plain

_HISTORY_SHOWN = 12

_KINDS: dict[ConsentKind, str] = {
    ConsentKind.OPT_IN: "✅ Opted in",
    ConsentKind.STOP: "✋ Asked us to stop",
    ConsentKind.RESUME: "↩️ Came back to us",
    ConsentKind.WHATSAPP_STOP: "✋ Stopped marketing in WhatsApp",
    ConsentKind.WHATSAPP_RESUME: "↩️ Allowed marketing in WhatsApp again",
    ConsentKind.SUPPRESS: "📵 Left out after failed deliveries",
    ConsentKind.ERASE: "🧽 Erased",
}


def person(sheet: PersonSheet) -> ChatMessage:
    """Show one person's standing and consent history, the newest line first."""
    verdict = standing_words(sheet.standing)
    blocks = [section(f"👤 {code(sheet.address)}\n{verdict}"), *fields(_facts(sheet)), section(_history(sheet))]
    return ChatMessage(text=f"{code(sheet.address)}: {verdict}", blocks=blocks)


def person_unknown(address: str) -> ChatMessage:
    """Say that nobody with this (masked) address is on record."""
    text = f"Nobody with {code(address)} is on record, so nothing is sent there."
    return ChatMessage(text=text, blocks=[section(text)])


def stopped(address: str, before: Standing) -> ChatMessage:
    """Say that a stop is on record now; `before` is where the person stood."""
    was = " They had asked us to stop before." if Standing.STOPPED in before else ""
    text = f"✋ {code(address)} is stopped: nothing more is sent there, and no import lifts it.{was}"
    return ChatMessage(text=text, blocks=[section(text)])


def resumed(address: str, standing: Standing) -> ChatMessage:
    """Say what holds after our stop was lifted."""
    text = f"↩️ The new consent of {code(address)} is on record. {standing_words(standing)}."
    if Standing.WHATSAPP_STOPPED in standing:
        text += " Only they can lift that, in WhatsApp’s settings of their chat with you."
    return ChatMessage(text=text, blocks=[section(text)])


def standing_words(standing: Standing) -> str:
    """Say whether somebody may be written to, and every reason why not."""
    found = [words for bit, words in _STOPS if bit in standing]
    if Standing.OPTED_IN not in standing:
        found.insert(0, "no opt-in on record")
    return "🚫 May not be written to: " + ", ".join(found) if found else "✅ May be written to"


_STOPS = (
    (Standing.STOPPED, "asked us to stop"),
    (Standing.WHATSAPP_STOPPED, "stopped marketing in WhatsApp"),
    (Standing.SUPPRESSED, "left out after failed deliveries"),
    (Standing.NO_ADDRESS, "no number or WhatsApp id"),
)


def _facts(sheet: PersonSheet) -> list[tuple[str, str]]:
    pairs = [
        ("Country", line(sheet.country, 20)),
        ("Language", line(sheet.language, 20)),
        ("Tags", plain(", ".join(line(tag, 30) for tag in sheet.tags), 300)),
        ("Failed deliveries in a row", number(sheet.failures) if sheet.failures else ""),
        ("Opted in", date(sheet.opted_in_at, sheet.timezone) if sheet.opted_in_at is not None else ""),
    ]
    return [(label, value) for label, value in pairs if value]


def _history(sheet: PersonSheet) -> str:
    if not sheet.history:
        return "No consent history."
    newest = list(reversed(sheet.history))
    rows = [_event(event, sheet) for event in newest[:_HISTORY_SHOWN]]
    more = len(newest) - _HISTORY_SHOWN
    return "*History*\n" + "\n".join([*rows, f"… and {number(more)} earlier"] if more > 0 else rows)


def _event(event: ConsentEvent, sheet: PersonSheet) -> str:
    is_over = event.kind is ConsentKind.SUPPRESS and Standing.SUPPRESSED not in sheet.standing
    label = f"{_KINDS[event.kind]}{' for a time' if is_over else ''}"
    parts = [line(event.source, 60), f"“{line(event.wording, 80)}”" if event.wording else "", line(event.evidence, 50)]
    return f"{label}, {date(event.at, sheet.timezone)}: " + ", ".join(part for part in parts if part)

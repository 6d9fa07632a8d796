"""How figures, times and people's own words are written in Slack, the same way everywhere."""

from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

from bot.domain.campaign import CampaignState
from bot.domain.instants import DAY, HOUR, MINUTE, SECOND, Millis, to_datetime
from bot.slack.limits import clip

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MINUTE, _HOUR, _DAY = MINUTE // SECOND, HOUR // SECOND, DAY // SECOND

EMOJI: dict[CampaignState, str] = {
    CampaignState.DRAFT: "📝",
    CampaignState.PLANNING: "🧮",
    CampaignState.IN_REVIEW: "👀",
    CampaignState.APPROVED: "✅",
    CampaignState.SCHEDULED: "🗓️",
    CampaignState.SENDING: "📤",
    CampaignState.PAUSED: "⏸️",
    CampaignState.SENT: "📬",
    CampaignState.CLOSED: "🏁",
    CampaignState.REJECTED: "⛔",
    CampaignState.CHANGES_REQUESTED: "✏️",
    CampaignState.CANCELLED: "🚫",
    CampaignState.FAILED: "⚠️",
}

STATE_WORDS: dict[CampaignState, str] = {
    CampaignState.DRAFT: "Draft",
    CampaignState.PLANNING: "Counting recipients",
    CampaignState.IN_REVIEW: "Waiting for approval",
    CampaignState.APPROVED: "Approved",
    CampaignState.SCHEDULED: "Scheduled",
    CampaignState.SENDING: "Sending",
    CampaignState.PAUSED: "Paused",
    CampaignState.SENT: "Finished sending",
    CampaignState.CLOSED: "Closed",
    CampaignState.REJECTED: "Rejected",
    CampaignState.CHANGES_REQUESTED: "Changes requested",
    CampaignState.CANCELLED: "Cancelled",
    CampaignState.FAILED: "Stopped by a problem",
}


def safe(text: str, limit: int = 300) -> str:
    """Write somebody's words so that Slack reads no command in them, in at most `limit` characters after escaping."""
    whole = escape(text)
    if len(whole) <= limit:
        return whole
    kept = ""
    for char in text:
        written = _ENTITIES.get(char, char)
        if len(kept) + len(written) >= limit:
            break
        kept += written
    return kept.rstrip() + "…"


def escape(text: str) -> str:
    """Replace the three characters Slack treats as control characters in mrkdwn."""
    return "".join(_ENTITIES.get(char, char) for char in text)


def line(text: str, limit: int = 200) -> str:
    """Write somebody's words on one line, escaped."""
    return safe(" ".join(text.split()), limit)


def quote(text: str, limit: int = 1_500) -> str:
    """Write somebody's text as a quotation, escaped, every line marked."""
    return "\n".join(f"> {row}" for row in safe(text, limit).splitlines()) or "> "


def code(text: str, limit: int = 60) -> str:
    """Write a value as it is (a masked number, a command), so that its asterisks stay asterisks."""
    return f"`{line(text.replace('`', chr(39)), limit)}`"


def plain(text: str, limit: int) -> str:
    """Write somebody's words for a `plain_text` object, where nothing is read as a command."""
    return clip(" ".join(text.split()), limit)


def number(count: int) -> str:
    """Write a count: 12,345."""
    return f"{count:,}"


def people(count: int) -> str:
    """Write a number of people."""
    return "1 person" if count == 1 else f"{number(count)} people"


def percent(part: int, whole: int) -> str:
    """Write a share with one decimal, rounded down so that 100% means all; empty when there is no whole."""
    if whole <= 0:
        return ""
    tenths = part * 1_000 // whole
    return "<0.1%" if part > 0 and tenths == 0 else f"{tenths / 10:.1f}%"


def share(part: int, whole: int) -> str:
    """Write a count with its share in brackets: 450 (45.0%)."""
    written = percent(part, whole)
    return f"{number(part)} ({written})" if written else number(part)


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with two decimals; a smaller one is not rounded to nothing."""
    if Decimal(0) < amount < Decimal("0.01"):
        return f"less than {currency} 0.01"
    return f"{currency} {amount:,.2f}"


def at_most(amount: Decimal, currency: str) -> str:
    """Write a ceiling with two decimals, rounded up so that it stays one."""
    return f"at most {currency} {amount.quantize(Decimal('0.01'), ROUND_CEILING):,}"


def duration(seconds: float) -> str:
    """Write an estimate of time."""
    if seconds < _MINUTE:
        return "under a minute"
    if seconds < 2 * _HOUR:
        return f"about {round(seconds / _MINUTE)} min"
    if seconds < 2 * _DAY:
        hours, rest = divmod(round(seconds / _MINUTE), _MINUTE)
        return f"about {hours} h {rest} min" if rest else f"about {hours} h"
    return f"about {round(seconds / _DAY)} days"


def lifetime(seconds: int) -> str:
    """Write a lifetime exactly: 12 hours, 1 day, 30 days."""
    if seconds % _DAY == 0:
        return _plural(seconds // _DAY, "day")
    if seconds % _HOUR == 0:
        return _plural(seconds // _HOUR, "hour")
    return _plural(seconds // _MINUTE, "minute")


def minutes(seconds: int) -> str:
    """Write a wait in whole minutes, or in seconds when it is shorter."""
    return _plural(seconds, "second") if seconds < _MINUTE else _plural(round(seconds / _MINUTE), "minute")


def date(instant: Millis, zone: str = "UTC") -> str:
    """Write an instant in each reader's own time; clients that cannot see it in `zone`."""
    local = to_datetime(instant).astimezone(ZoneInfo(zone))
    fallback = f"{local:%Y-%m-%d %H:%M} {zone}"
    return f"<!date^{instant // SECOND}^{{date_short_pretty}} {{time}}|{fallback}>"


def user(user_id: str) -> str:
    """Mention a person by their Slack id."""
    return f"<@{user_id}>"


def channel(channel_id: str) -> str:
    """Mention a channel by its id."""
    return f"<#{channel_id}>"


def bar(done: int, whole: int, width: int = 20) -> str:
    """Draw a progress bar of text; it is full only when everything is done."""
    filled = width * done // whole if whole > 0 else 0
    return "█" * filled + "░" * (width - filled)


def headline(state: CampaignState, name: str) -> str:
    """Write a campaign's name behind the emoji of its state, for a header."""
    return f"{EMOJI[state]} {plain(name, 140)}"


def _plural(count: int, unit: str) -> str:
    return f"{number(count)} {unit}" if count == 1 else f"{number(count)} {unit}s"

"""The digest of a channel: what its campaigns did in a day or a week."""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.sheet import CampaignLine, DigestSheet
from bot.ports.chat import ChatMessage
from bot.ports.records import DigestSchedule
from bot.slack.views import campaign_lines
from bot.slack.views.parts import Block, context, divider, fields, header, section
from bot.slack.views.phrases import channel, code, date, line, money, number, user

_SHOWN = 12
_LABELS = (
    *(("Sent", "sent"), ("Delivered", "delivered"), ("Read", "read"), ("Clicked", "clicked")),
    *(("Failed", "failed"), ("Refused", "refused")),
)
_TITLES = {"daily": "Daily digest", "weekly": "Weekly digest"}


def digest(sheet: DigestSheet) -> ChatMessage:
    """Draw a digest; every figure counts what became known in its span, so that shares would say nothing."""
    title = _TITLES.get(sheet.kind, "Digest")
    blocks: list[Block] = [header(f"📊 {title}"), context(*_span(sheet))]
    if not sheet.campaigns:
        blocks.append(section("Nothing was sent, delivered, read or clicked in this time."))
    else:
        blocks += fields(_totals(sheet.campaigns))
        blocks.append(divider())
        blocks += [
            section(f"{campaign_lines.name(one)}\n{campaign_lines.counts(one)}") for one in sheet.campaigns[:_SHOWN]
        ]
        blocks += [*_rest(sheet.campaigns), *_taken_back(sheet.campaigns)]
    return ChatMessage(text=_summary(title, sheet), blocks=blocks)


def digest_list(schedules: Sequence[DigestSchedule]) -> ChatMessage:
    """Answer `/digest list`."""
    if not schedules:
        text = "This channel gets no digest. `/digest daily 09:00` starts one."
        return ChatMessage(text=text, blocks=[section(text)])
    rows = [_schedule(one) for one in schedules[:20]]
    return ChatMessage(text="\n".join(rows), blocks=[section("\n".join(rows))])


def _schedule(one: DigestSchedule) -> str:
    days = "every Monday" if one.kind == "weekly" else "every day"
    return f"📊 {channel(one.channel)} {days} at {code(one.at)}, {line(one.zone, 40)}, set by {user(one.created_by)}"


def _span(sheet: DigestSheet) -> list[str]:
    span = f"From {date(sheet.since, sheet.zone)} to {date(sheet.until, sheet.zone)}"
    late = ["⏰ Late: Arauto was not running when this was due."] if sheet.is_late else []
    return [span, *late]


def _totals(campaigns: Sequence[CampaignLine]) -> list[tuple[str, str]]:
    pairs = [(label, number(_sum(campaigns, key))) for label, key in _LABELS]
    cost = _cost(campaigns)
    return [*pairs, ("Cost", cost)] if cost else pairs


def _cost(campaigns: Sequence[CampaignLine]) -> str:
    by_currency: dict[str, Decimal] = {}
    for one in campaigns:
        by_currency[one.currency] = by_currency.get(one.currency, Decimal(0)) + one.cost
    return ", ".join(money(amount, currency) for currency, amount in by_currency.items() if amount)


def _rest(campaigns: Sequence[CampaignLine]) -> list[Block]:
    more = len(campaigns) - _SHOWN
    return [context(f"… and {number(more)} more; the totals above count them all.")] if more > 0 else []


def _taken_back(campaigns: Sequence[CampaignLine]) -> list[Block]:
    is_less = any(count < 0 for one in campaigns for count in one.figures.values())
    words = "A minus takes back what an earlier digest counted: Meta corrected it, or it is tried once more."
    return [context(words)] if is_less else []


def _summary(title: str, sheet: DigestSheet) -> str:
    late = " (late)" if sheet.is_late else ""
    pairs = ", ".join(f"{label} {value}" for label, value in _totals(sheet.campaigns))
    names = ", ".join(line(one.name, 60) for one in sheet.campaigns[:_SHOWN])
    return f"{title}{late}: {pairs}. {names}" if sheet.campaigns else f"{title}{late}: nothing happened."


def _sum(campaigns: Sequence[CampaignLine], key: str) -> int:
    return sum(one.figures.get(key, 0) for one in campaigns)

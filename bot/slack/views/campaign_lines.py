"""One campaign on two lines, for lists, digests and the App Home."""

from bot.domain.campaign import CampaignState
from bot.domain.sheet import CampaignLine
from bot.slack.views.phrases import EMOJI, STATE_WORDS, channel, code, date, line, money, number, people, share, user

_BEFORE_SENDING = frozenset(
    {
        CampaignState.DRAFT,
        CampaignState.PLANNING,
        CampaignState.IN_REVIEW,
        CampaignState.APPROVED,
        CampaignState.SCHEDULED,
        CampaignState.REJECTED,
        CampaignState.CHANGES_REQUESTED,
    }
)


def name(one: CampaignLine) -> str:
    """Write a campaign's emoji and name, linked to its card where it has one."""
    written = line(one.name, 100).replace("|", "¦") if one.link else line(one.name, 100)
    return f"{EMOJI[one.state]} *<{one.link}|{written}>*" if one.link else f"{EMOJI[one.state]} *{written}*"


def describe(one: CampaignLine, zone: str = "UTC") -> str:
    """Write name, ID, state and what counts in that state."""
    head = f"{name(one)} {code(one.token)} {STATE_WORDS[one.state]}"
    return f"{head}\n{_before(one, zone) if one.state in _BEFORE_SENDING else figures(one)}"


def figures(one: CampaignLine) -> str:
    """Write the figures that matter, and the troublesome ones where there are any."""
    sent, delivered = _count(one, "sent"), _count(one, "delivered")
    parts = [
        f"Sent {number(sent)}",
        f"Delivered {share(delivered, sent)}",
        f"Read {share(_count(one, 'read'), delivered)}",
        f"Clicked {share(_count(one, 'clicked'), delivered)}",
    ]
    parts += [f"{label} {number(_count(one, key))}" for label, key in _TROUBLES if _count(one, key)]
    return " · ".join([*parts, money(one.cost, one.currency)] if one.cost else parts)


def counts(one: CampaignLine) -> str:
    """Write what happened in a span, without shares: what is read now may have been sent long before."""
    parts = [f"{label} {number(_count(one, key))}" for label, key in _STEPS]
    parts += [f"{label} {number(_count(one, key))}" for label, key in _TROUBLES if _count(one, key)]
    return " · ".join([*parts, money(one.cost, one.currency)] if one.cost else parts)


def _before(one: CampaignLine, zone: str) -> str:
    when = f" · starts {date(one.scheduled_at, zone)}" if one.scheduled_at is not None else ""
    size = people(one.recipients) if one.recipients else "recipients not counted yet"
    return f"{size}{when} · by {user(one.created_by)} · {channel(one.channel)}"


def _count(one: CampaignLine, key: str) -> int:
    return one.figures.get(key, 0)


_STEPS = (("Sent", "sent"), ("Delivered", "delivered"), ("Read", "read"), ("Clicked", "clicked"))
_TROUBLES = (("Failed", "failed"), ("Refused", "refused"), ("In doubt", "in_doubt"), ("Expired", "expired"))

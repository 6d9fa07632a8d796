"""The parts of the live card: status, figures, what went wrong and what to do, money and route."""

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.funnel import Funnel
from bot.domain.message import Route
from bot.domain.sheet import CampaignSheet, Doubts, Reason
from bot.slack.views import reasons
from bot.slack.views.parts import Block, section
from bot.slack.views.phrases import (
    EMOJI,
    STATE_WORDS,
    at_most,
    bar,
    date,
    line,
    money,
    number,
    people,
    percent,
    share,
    user,
)

NOTES = (
    "Delivered includes read. Read is a lower bound: people who switch read receipts off are not seen reading.",
    "Clicked counts people on our own links; Meta clicks are Meta's own count. The two are never added up.",
    "Meta's clicks name no campaign: they count for the one that sent last from this number.",
)

_FAILURES_SHOWN = 6
_ROUTES = {Route.MM: "Marketing Messages", Route.CLOUD: "Cloud API"}


def status(sheet: CampaignSheet) -> str:
    """Say where the campaign stands, with a progress bar, before anything is counted."""
    campaign, funnel = sheet.campaign, sheet.funnel
    whole = funnel["planned"] or (campaign.plan.recipients if campaign.plan else 0)
    progress = f"{bar(funnel.settled, whole)} {percent(funnel.settled, whole) or '0.0%'} of {people(whole)}"
    rows = [f"{EMOJI[campaign.state]} *{STATE_WORDS[campaign.state]}*{_because(sheet)}", progress, *_waits(sheet)]
    return "\n".join(rows)


def figures(funnel: Funnel) -> list[tuple[str, str]]:
    """Give the labels of the contract, each with its number, and its share where that says something."""
    sent, delivered = funnel["sent"], funnel["delivered"]
    return [
        ("Sent", number(sent)),
        ("Delivered", share(delivered, sent)),
        ("Read", share(funnel["read"], delivered)),
        ("Clicked", share(funnel["clicked"], delivered)),
        ("Meta clicks", number(funnel.meta_clicks)),
        ("Failed", share(funnel["failed"], sent)),
        ("Refused", number(funnel["refused"])),
        ("In doubt", number(funnel["in_doubt"])),
        ("Expired", number(funnel["expired"])),
        ("Skipped", number(funnel["skipped"])),
        ("Lapsed", number(funnel["lapsed"])),
    ]


def troubles(sheet: CampaignSheet) -> list[Block]:
    """Show failures with their next steps, why people were skipped, and what waits for somebody's decision."""
    funnel = sheet.funnel
    parts = [_failures(sheet), _skipped(funnel), _in_doubt(sheet.doubts), _lapsed(funnel), _excluded(sheet.campaign)]
    return [section(part) for part in parts if part]


def money_and_route(sheet: CampaignSheet) -> list[tuple[str, str]]:
    """Show cost so far under its ceiling, the ways the messages took, and what Meta holds back."""
    plan, funnel = sheet.campaign.plan, sheet.funnel
    found = []
    if plan is not None:
        ceiling = at_most(plan.cost_ceiling, plan.currency)
        found.append(("Cost so far", f"{money(sheet.cost_so_far, plan.currency)} of {ceiling}"))
    routes = [f"{_ROUTES[route]} {number(funnel[f'route:{route}'])}" for route in Route if funnel[f"route:{route}"]]
    if routes:
        found.append(("Route", ", ".join(routes)))
    if funnel["delivery:held"]:
        found.append(("Held by Meta", f"{number(funnel['delivery:held'])}, for a quality check"))
    return found


def _because(sheet: CampaignSheet) -> str:
    campaign = sheet.campaign
    if campaign.is_held:
        return f": {line(campaign.reason or '', 500)}"
    match campaign.state:
        case CampaignState.APPROVED:
            by = f" by {user(campaign.approved_by)}" if campaign.approved_by else ""
            return f"{by}. It starts in a moment."
        case CampaignState.SCHEDULED:
            at = campaign.spec.scheduled_at
            return f". It starts {date(at, sheet.timezone)}." if at is not None else "."
        case CampaignState.SENT:
            again = f" {_tries(sheet.trying_again)}." if sheet.trying_again else ""
            return f". Delivery reports are still coming in.{again}"
        case CampaignState.PAUSED | CampaignState.FAILED | CampaignState.CANCELLED:
            return f": {line(campaign.reason, 500)}" if campaign.reason else "."
        case _:
            return "."


def _tries(count: int) -> str:
    return f"{people(count)} {'gets' if count == 1 else 'get'} one more try"


def _waits(sheet: CampaignSheet) -> list[str]:
    campaign = sheet.campaign
    if campaign.state is not CampaignState.SENDING:
        return []
    if _is_held(campaign, sheet):
        why = line(campaign.reason, 300) if campaign.reason else "Meta asked for a pause"
        return [f"⏳ Waiting until {date(campaign.hold_until or sheet.now, sheet.timezone)}: {why}"]
    return [f"The last message leaves around {date(sheet.eta, sheet.timezone)}."] if sheet.eta is not None else []


def _is_held(campaign: Campaign, sheet: CampaignSheet) -> bool:
    return campaign.hold_until is not None and campaign.hold_until > sheet.now


def _failures(sheet: CampaignSheet) -> str:
    rows = reasons.some([_failure(one) for one in sheet.failures], _FAILURES_SHOWN)
    return "*What went wrong*\n" + "\n".join(rows) if rows else ""


def _failure(reason: Reason) -> str:
    step = f" → {line(reason.next_step, 160)}" if reason.next_step else ""
    return f"• {number(reason.count)}: {line(reason.label, 160)}{step}"


def _skipped(funnel: Funnel) -> str:
    found = funnel.details("skipped")
    rows = [f"• {number(found[reason])}: {reasons.words(reason)}" for reason in reasons.in_order(found)]
    return "*Left out at the last look*\n" + "\n".join(reasons.some(rows, _FAILURES_SHOWN)) if rows else ""


def _excluded(campaign: Campaign) -> str:
    plan = campaign.plan
    if plan is None or plan.matched <= plan.recipients:
        return ""
    rows = [f"{reasons.words(one)} {number(plan.excluded[one])}" for one in reasons.in_order(plan.excluded)]
    why = ", ".join(reasons.some(rows, _FAILURES_SHOWN))
    return f"*Never in the plan*: {number(plan.matched - plan.recipients)} of {number(plan.matched)} ({why})"


def _in_doubt(doubts: Doubts) -> str:
    """Say what is undecided about messages in doubt, and what a person has decided."""
    rows = []
    if doubts.open:
        rows.append(
            f"❓ *Nobody knows whether {number(doubts.open)} left*: the request broke off before Meta answered. "
            "A later report settles them; otherwise a person decides. Arauto never sends them again by itself."
        )
    if doubts.assumed:
        rows.append(f"{number(doubts.assumed)} in doubt {_are(doubts.assumed)} assumed sent, as a person decided.")
    if doubts.again:
        rows.append(f"{number(doubts.again)} in doubt {_are(doubts.again)} sent again once the template was checked.")
    return "\n".join(rows)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _lapsed(funnel: Funnel) -> str:
    count = funnel["lapsed"]
    return f"⌛ {people(count)} not written to: the message would have outlived the offer." if count else ""

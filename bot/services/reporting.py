"""Everything a card, a list or the App Home shows, gathered from the books into plain sheets."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

from bot.domain.campaign import ACTIVE, Campaign, CampaignId, CampaignState
from bot.domain.funnel import Funnel
from bot.domain.instants import DAY, SECOND, Millis, plus_seconds
from bot.domain.message import Dispatch
from bot.domain.policy import Policy
from bot.domain.roles import Role
from bot.domain.schedule import last_safe_launch, sending_seconds
from bot.domain.sheet import CampaignLine, CampaignSheet, DigestSheet, Doubts, HomeSheet, NumberHealth, Reason
from bot.ports.records import DigestSchedule, NumberStatus
from bot.ports.storage import Transaction
from bot.services import comparing, deciding, lifetimes, pending
from bot.services.launching import is_dormant
from bot.services.limiting import headroom
from bot.services.sending import lifetime_of

#: What a code of Meta's means and what to do, both for people; handed in because the table is Meta's side's.
PlainWords = Callable[[int], tuple[str, str]]
#: Meta's default throughput (Meta, "Throughput"), until a number has been asked about.
DEFAULT_MPS = 80


def funnel_of(tx: Transaction, campaign: Campaign) -> Funnel:
    """Read a campaign's counters."""
    return Funnel(tx.campaigns.tallies(campaign.id), tx.campaigns.meta_clicks(campaign.id))


def campaign_sheet(
    tx: Transaction, campaign: Campaign, *, policy: Policy, words: PlainWords, now: Millis
) -> CampaignSheet:
    """Gather both cards' content as of now."""
    funnel = funnel_of(tx, campaign)
    status = number_status(tx, campaign.spec.phone_number_id)
    pace = policy.pace_of(status.granted_mps)
    audience = tx.audiences.get(campaign.spec.audience_id)
    planned = campaign.plan.recipients if campaign.plan else 0
    return CampaignSheet(
        campaign=campaign,
        funnel=funnel,
        now=now,
        audience_name=audience.name if audience else "an audience that is gone",
        number=status.display or status.phone_number_id,
        timezone=policy.timezone,
        duration_seconds=sending_seconds(planned, pace),
        max_mps=pace,
        headroom=headroom(tx, now),
        last_safe_launch=_last_safe_launch(campaign),
        needs_wakeup=campaign.template is not None and is_dormant(tx, campaign.template, now),
        template_wait_seconds=policy.template_wait_seconds,
        other_campaigns=[other.spec.name for other in lifetimes.others_on_template(tx, campaign, now)],
        warnings=_warnings(campaign, status),
        decision=deciding.decision_on(tx, campaign),
        changes=comparing.changes(tx, campaign),
        failures=_failures(funnel, words),
        cost_so_far=cost_so_far(campaign, funnel),
        doubts=_doubts(tx, campaign),
        trying_again=pending.pending(tx, campaign, now).people,
        eta=_eta(campaign, funnel, pace, now),
    )


def _doubts(tx: Transaction, campaign: Campaign) -> Doubts:
    found = Counter(row.reason if row.reason in pending.DECIDED else None for row in pending.doubts(tx, campaign))
    assumed = found[pending.ASSUMED_SENT]
    return Doubts(open=found[None], assumed=assumed, again=found.total() - found[None] - assumed)


def number_status(tx: Transaction, phone_number_id: str) -> NumberStatus:
    """Read what is known of a number; one never asked about has Meta's defaults."""
    return tx.numbers.get(phone_number_id) or NumberStatus(phone_number_id=phone_number_id, granted_mps=DEFAULT_MPS)


def cost_so_far(campaign: Campaign, funnel: Funnel) -> Decimal:
    """Price what was delivered by the rates the approval showed."""
    return _price(campaign, funnel.details("billed"))


def _price(campaign: Campaign, billed: Mapping[str, int]) -> Decimal:
    """Price messages counted by market."""
    rates: Mapping[str, Decimal] = campaign.plan.rates if campaign.plan else {}
    return sum((rates.get(market, Decimal(0)) * count for market, count in billed.items()), Decimal(0))


def _last_safe_launch(campaign: Campaign) -> Millis | None:
    ends = campaign.spec.offer_ends_at
    if ends is None or campaign.template is None:
        return None
    return last_safe_launch(ends, lifetime_of(campaign))


def _warnings(campaign: Campaign, status: NumberStatus) -> list[str]:
    found = []
    template = campaign.template
    if template is not None and template.quality in ("RED", "YELLOW"):
        found.append(f"Meta rates this template’s quality {template.quality.lower()}; red templates get paused.")
    if status.blocked:
        found.append(f"The sender number is blocked: {status.blocked}")
    return found


def _failures(funnel: Funnel, words: PlainWords) -> list[Reason]:
    """Say why messages failed by webhook or were refused at once, in plain words, the commonest first."""
    counts: dict[int, int] = {}
    for prefix in ("failed", "refused"):
        for code, count in funnel.details(prefix).items():
            number = int(code) if code.isdigit() else 0
            counts[number] = counts.get(number, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [_reason(code, count, words) for code, count in ordered]


def _reason(code: int, count: int, words: PlainWords) -> Reason:
    if not code:
        return Reason("Meta gave no reason", count)
    what, mend = words(code)
    return Reason(f"{what} ({code})", count, mend)


def _eta(campaign: Campaign, funnel: Funnel, pace: float, now: Millis) -> Millis | None:
    if campaign.state is not CampaignState.SENDING or not funnel["waiting"]:
        return None
    start = max(now, campaign.hold_until or now)
    return plus_seconds(Millis(start), sending_seconds(funnel["waiting"], pace))


def campaign_line(tx: Transaction, campaign: Campaign, counted: Mapping[str, int] | None = None) -> CampaignLine:
    """Gather one campaign for a list; what was `counted` in a span replaces the counters of its whole life."""
    funnel = funnel_of(tx, campaign) if counted is None else Funnel(counted)
    return CampaignLine(
        token=campaign.token,
        name=campaign.spec.name,
        state=campaign.state,
        created_by=campaign.created_by,
        channel=campaign.spec.channel,
        recipients=campaign.plan.recipients if campaign.plan else 0,
        figures=funnel.figures(),
        scheduled_at=campaign.spec.scheduled_at,
        cost=cost_so_far(campaign, funnel),
        currency=campaign.plan.currency if campaign.plan else "USD",
    )


def home_sheet(tx: Transaction, user: str, roles: Collection[Role], *, policy: Policy, now: Millis) -> HomeSheet:
    """Gather the App Home of one person."""
    mine = tx.campaigns.list(created_by=user, limit=10)
    waiting = tx.campaigns.list(states={CampaignState.IN_REVIEW}, limit=10) if Role.APPROVER in roles else ()
    return HomeSheet(
        now=now,
        mine=[campaign_line(tx, campaign) for campaign in mine],
        waiting=[campaign_line(tx, campaign) for campaign in waiting if campaign.created_by != user],
        numbers=[_health(tx, number, policy, now) for number in policy.phone_number_ids],
        timezone=policy.timezone,
    )


def _health(tx: Transaction, phone_number_id: str, policy: Policy, now: Millis) -> NumberHealth:
    status = number_status(tx, phone_number_id)
    doubts = tx.recipients.with_dispatch(Dispatch.IN_DOUBT, phone_number_id=phone_number_id, limit=10_000)
    bound = policy.pace_of(status.granted_mps)
    return NumberHealth(
        display=status.display or phone_number_id,
        granted_mps=status.granted_mps,
        pace=min(status.pace or bound, bound),
        quality=status.quality,
        messaging_limit=status.messaging_limit,
        messaged_24h=tx.recipients.people_messaged_since(Millis(now - DAY)),
        in_doubt=len(doubts),
        rests_until=status.rests_until,
        blocked=status.blocked,
    )


def digest_sheet(
    tx: Transaction,
    schedule: DigestSchedule,
    news: Sequence[tuple[CampaignId, Mapping[str, int]]],
    since: Millis,
    until: Millis,
    *,
    is_late: bool = False,
) -> DigestSheet:
    """Gather what there is to tell of a channel between two instants; `news` is what was counted of each campaign."""
    lines = []
    for campaign_id, counted in news:
        campaign = tx.campaigns.get(campaign_id)
        if campaign is not None and campaign.spec.channel == schedule.channel:
            lines.append(campaign_line(tx, campaign, counted))
    return DigestSheet(
        kind=schedule.kind, since=since, until=until, zone=schedule.zone, campaigns=lines, is_late=is_late
    )


def is_moving(campaign: Campaign, now: Millis) -> bool:
    """Tell whether a campaign's card changes by time alone (progress, waits)."""
    held = campaign.hold_until is not None and campaign.hold_until + SECOND > now
    return campaign.state in ACTIVE and held

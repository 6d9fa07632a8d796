"""Status webhooks become books: matched to their message, folded in any order, parked while nobody knows them.

A status names its message by id, and by our tracker where Meta echoes it. A message in doubt is healed by its tracker,
or by an unknown id for exactly one person in doubt on that number. Evidence wins over belief: what Meta reports on,
Meta has.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.delivery import Status, StatusEvent, fold
from bot.domain.instants import DAY, Millis
from bot.domain.message import WAITING, Dispatch, Recipient, RecipientId, parse_tracker
from bot.ports.storage import Transaction
from bot.services import consenting, controlling, narrating, recognising

#: Meta's codes that mean more than a failed message.
STOPPED_BY_PERSON = 131050
UNDELIVERABLE = 131026
STILL_SYNCING = 134101
DROPPED_BY_PACING = 132015
_ARRIVED = frozenset({Status.DELIVERED, Status.READ})
#: How long an unmatched status is kept: Meta repeats for seven days.
PARKED_FOR = 8 * DAY


@dataclass(slots=True)
class Absorbed:
    """What became of a batch of statuses."""

    matched: int = 0
    repeated: int = 0
    parked: int = 0


@dataclass(slots=True)
class _Matches:
    rows: dict[RecipientId, Recipient] = field(default_factory=dict)
    events: list[tuple[RecipientId, StatusEvent]] = field(default_factory=list)
    unknown: list[StatusEvent] = field(default_factory=list)
    #: Statuses of attempts that are over and of test sends: ours, and counted nowhere.
    settled_elsewhere: int = 0


def absorb(tx: Transaction, events: Sequence[StatusEvent], now: Millis) -> Absorbed:
    """Fold a batch of statuses; what matches nothing yet is parked."""
    matches = _match(tx, events)
    repeated = _fold(tx, matches, now)
    if matches.unknown:
        tx.parked.park(matches.unknown, now)
    return Absorbed(
        matched=len(matches.events) - repeated,
        repeated=repeated + matches.settled_elsewhere,
        parked=len(matches.unknown),
    )


def match_parked(tx: Transaction, rows: Collection[Recipient], now: Millis) -> None:
    """Fold what overtook the answer of these just-settled messages."""
    events = tx.parked.take([row.wamid for row in rows if row.wamid is not None])
    if events:
        _fold(tx, _match(tx, events), now)


def sweep(tx: Transaction, now: Millis, limit: int = 1_000) -> int:
    """Look again at what is parked: a doubt resolved meanwhile may leave just one candidate. Returns how many fit."""
    parked = tx.parked.peek(None, limit)
    matches = _match(tx, [entry.event for entry in parked])
    _fold(tx, matches, now)
    tx.parked.take([event.wamid for _, event in matches.events])
    tx.parked.expire(Millis(now - PARKED_FOR))
    return len(matches.events)


def _match(tx: Transaction, events: Iterable[StatusEvent]) -> _Matches:
    events = list(events)
    matches = _Matches()
    by_wamid = _by_wamid(tx, events)
    rest = []
    for event in events:
        row = by_wamid.get(event.wamid)
        if row is None:
            rest.append(event)
        else:
            matches.rows[row.id] = row
            matches.events.append((row.id, event))
    if rest:
        _match_by_tracker(tx, rest, matches)
    return matches


def _by_wamid(tx: Transaction, events: Sequence[StatusEvent]) -> dict[str, Recipient]:
    """Find messages by the id of their present attempt.

    Our tracker names the row, which is quicker to find than the id; what it names is believed only if the id is right
    (benchmarks/webhooks.py).
    """
    trackers = filter(None, (parse_tracker(event.tracker) for event in events))
    rows = tx.recipients.get_many([recipient_id for _, recipient_id, _ in trackers])
    named = {row.wamid: row for row in rows.values()}
    wamids = {event.wamid for event in events}
    found = {wamid: named[wamid] for wamid in wamids & named.keys()}
    missing = wamids - found.keys()
    return found | tx.recipients.by_wamid(missing) if missing else found


def _match_by_tracker(tx: Transaction, events: Sequence[StatusEvent], matches: _Matches) -> None:
    ours = tx.recipients.known_wamids({event.wamid for event in events})
    trackers = {event.tracker: parsed for event in events if (parsed := parse_tracker(event.tracker)) is not None}
    rows = tx.recipients.get_many([parsed[1] for parsed in trackers.values()])
    tokens = _tokens(tx, rows.values())
    for event in events:
        parsed = trackers.get(event.tracker)
        row = rows.get(parsed[1]) if parsed else None
        if parsed and row is not None and tokens.get(row.campaign_id) == parsed[0]:
            _take_tracked(event, row, parsed[2], matches, is_archived=event.wamid in ours)
        elif event.wamid in ours:
            matches.settled_elsewhere += 1
        else:
            _match_by_number(tx, event, matches)


def _take_tracked(event: StatusEvent, row: Recipient, attempt: int, matches: _Matches, *, is_archived: bool) -> None:
    """Take a status by its tracker; one of an attempt that is over changes nothing.

    Unless that attempt was in doubt and its successor still waits: then the person has the message, and the successor
    must not leave.
    """
    known = matches.rows.get(row.id, row)
    was_doubted = attempt < known.attempt and known.dispatch in WAITING and not is_archived
    is_current = attempt == known.attempt and known.wamid in (None, event.wamid)
    if not (is_current or was_doubted):
        matches.settled_elsewhere += 1
        return
    matches.rows.setdefault(row.id, row)
    matches.events.append((row.id, event))


def _match_by_number(tx: Transaction, event: StatusEvent, matches: _Matches) -> None:
    """Without a tracker: an unknown id for exactly one person in doubt on that number is theirs.

    A tracker that is not theirs says that it is another message: a test send, or one from before a restored backup.
    """
    candidates = []
    if event.recipient and not event.tracker:
        candidates = tx.recipients.in_doubt_for(event.phone_number_id, event.recipient)
    taken = {recipient_id for recipient_id, other in matches.events if other.wamid != event.wamid}
    candidates = [row for row in candidates if row.id not in taken]
    if len(candidates) != 1:
        matches.unknown.append(event)
        return
    matches.rows.setdefault(candidates[0].id, candidates[0])
    matches.events.append((candidates[0].id, event))


def _tokens(tx: Transaction, rows: Iterable[Recipient]) -> dict[int, str]:
    ids = {row.campaign_id for row in rows}
    found = [tx.campaigns.get(CampaignId(campaign_id)) for campaign_id in ids]
    return {campaign.id: campaign.token for campaign in found if campaign is not None}


def _fold(tx: Transaction, matches: _Matches, now: Millis) -> int:
    """Fold matched statuses into their messages and follow what they mean; returns the number of repetitions."""
    current = dict(matches.rows)
    repeated = 0
    fresh: list[tuple[Recipient, StatusEvent]] = []
    for recipient_id, event in matches.events:
        before = current[recipient_id]
        after = fold(_as_accepted(before, event, now), event)
        current[recipient_id] = after
        if after is before:
            repeated += 1
        else:
            fresh.append((after, event))
    changes = [(row, current[row.id]) for row in matches.rows.values() if current[row.id] is not row]
    tx.recipients.save(changes)
    _follow(tx, fresh, now)
    for campaign_id in {after.campaign_id for _, after in changes}:
        tx.cards.want(CampaignId(campaign_id), "live")
    return repeated


def _as_accepted(row: Recipient, event: StatusEvent, now: Millis) -> Recipient:
    """Believe the status: it proves that Meta took the message, whatever we thought."""
    if row.dispatch is Dispatch.ACCEPTED:
        return row
    was_refused = row.dispatch is Dispatch.REFUSED
    return row._replace(
        dispatch=Dispatch.ACCEPTED,
        wamid=event.wamid,
        accepted_at=row.sending_at or now,
        reason=None,
        code=None if was_refused else row.code,
        failed_at=None if was_refused else row.failed_at,
    )


def _follow(tx: Transaction, fresh: Sequence[tuple[Recipient, StatusEvent]], now: Millis) -> None:
    """Draw the consequences for people and campaigns."""
    _follow_people(tx, fresh, now)
    failures = [(row, event) for row, event in fresh if event.status is Status.FAILED]
    if not failures:
        return
    for row, event in failures:
        if event.code == STOPPED_BY_PERSON:
            consenting.stop_by_error(tx, person_id=row.person_id, at=event.at, message_id=event.wamid, now=now)
        elif event.code == UNDELIVERABLE:
            consenting.suppress_undeliverable(tx, {row.person_id: event.wamid}, at=event.at, now=now)
    for campaign_id in {row.campaign_id for row, event in failures if event.code == DROPPED_BY_PACING}:
        _pause_dropped(tx, tx.campaigns.get(CampaignId(campaign_id)), now)


def _follow_people(tx: Transaction, fresh: Sequence[tuple[Recipient, StatusEvent]], now: Millis) -> None:
    """Note whom something reached, and what Meta calls people. One look tells of whom that says anything new."""
    reached = {row.person_id for row, event in fresh if event.status in _ARRIVED}
    named = {row.person_id: event.recipient_user_id for row, event in fresh if event.recipient_user_id}
    if not reached and not named:
        return
    concerned = tx.people.concerned(reached | named.keys(), or_nameless=bool(named))
    if not concerned:
        return
    arrivals = sorted((row.person_id, event.at) for row, event in fresh if event.status in _ARRIVED)
    consenting.reach(tx, {one: at for one, at in arrivals if one in concerned}, now)  # the last of each person
    recognising.learn_user_ids(tx, {one: user_id for one, user_id in named.items() if one in concerned}, now)


def _pause_dropped(tx: Transaction, campaign: Campaign | None, now: Millis) -> None:
    if campaign is None:
        return
    reason = f"Meta paused this template and dropped messages (error {DROPPED_BY_PACING}). Look at its quality first."
    controlling.pause_by_machine(tx, campaign, reason, now)
    narrating.redraw(tx, campaign)

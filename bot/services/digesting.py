"""Digests: exactly one per period and channel, over restarts and clock changes; what was missed comes once, late."""

from collections.abc import Callable

from bot.domain.instants import MINUTE, Millis
from bot.domain.periods import latest_due
from bot.domain.sheet import DigestSheet
from bot.ports.chat import ChatMessage
from bot.ports.records import DigestSchedule, Notice
from bot.ports.storage import Transaction
from bot.services.reporting import digest_sheet

#: A digest posted so long after its hour says that it is late.
LATE_AFTER = 10 * MINUTE

#: Draws a digest; handed in because views belong to the chat's side.
Draw = Callable[[DigestSheet], ChatMessage]


def post_due(tx: Transaction, schedule: DigestSchedule, draw: Draw, now: Millis) -> bool:
    """Queue the digest of the latest period that is over, unless it was taken before.

    Of several periods missed while the bot was away only the latest is posted; it covers all of them.
    """
    period = latest_due(schedule.kind, schedule.at, schedule.zone, now)
    last = tx.digests.last_taken(schedule.id)
    if period.end <= schedule.created_at or not tx.digests.mark_period(schedule.id, period.end, now):
        return False
    # It tells what became known since the last one, until now: a change of its hour neither repeats nor drops anything.
    since = last if last is not None else schedule.created_at
    sheet = digest_sheet(tx, schedule, tx.digests.news(schedule), since, now, is_late=now - period.end > LATE_AFTER)
    tx.digests.show(schedule)
    _queue(tx, schedule, draw(sheet), f"digest {schedule.id} until {period.end}", now)
    return True


def post_now(tx: Transaction, schedule: DigestSchedule, draw: Draw, now: Millis) -> None:
    """Queue on request what the next digest would tell by now; it takes no period and nothing away from that one.

    Where none was posted yet there is nothing to go on from: then it tells of the running period by Meta's times.
    """
    since = tx.digests.last_taken(schedule.id)
    if since is not None:
        news = tx.digests.news(schedule)
    else:
        since = latest_due(schedule.kind, schedule.at, schedule.zone, now).end
        news = tx.digests.figures(since, now)
    sheet = digest_sheet(tx, schedule, news, since, now)
    _queue(tx, schedule, draw(sheet), f"digest {schedule.id} at {now}", now)


def _queue(tx: Transaction, schedule: DigestSchedule, message: ChatMessage, key: str, now: Millis) -> None:
    notice = Notice(
        key=key, channel=schedule.channel, text=message.text, blocks=message.blocks, asked_by=schedule.created_by
    )
    tx.notices.add(notice, now)

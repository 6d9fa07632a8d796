"""Posts what must be said once: milestones in threads, words to one person, digests."""

import logging
from dataclasses import dataclass

from bot.domain.instants import Millis, plus_seconds
from bot.ports.chat import Chat, ChatBusyError, ChatGoneError, ChatMessage
from bot.ports.clock import Clock
from bot.ports.records import Card, Notice
from bot.ports.storage import Storage, Transaction

log = logging.getLogger(__name__)

BATCH = 20
#: So many are looked at, because those that wait for a card must not hold up the others.
LOOK = 1_000


@dataclass(frozen=True, slots=True)
class _Post:
    """A notice with its place."""

    id: int
    notice: Notice
    channel: str
    thread_ts: str | None


class NoticeRounds:
    """Posts queued notices in order; one whose thread does not exist yet waits for its card."""

    def __init__(self, store: Storage, chat: Chat, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._parked_until = Millis(0)

    async def round(self) -> bool:
        """Post what waits; True when at least one was posted and more may wait."""
        if self._clock.now() < self._parked_until:
            return False
        ready, homeless = await self._store.read(_sorted_out)
        if homeless:
            await self._store.write(lambda tx: self._give_up(tx, homeless))
        for post in ready[:BATCH]:
            if not await self._post(post.id, post.notice, post.channel, post.thread_ts):
                return False
        return bool(ready)

    def _give_up(self, tx: Transaction, homeless: list[int]) -> None:
        for notice_id in homeless:
            tx.notices.gave_up(notice_id, "every card of its campaign is gone", self._clock.now())

    async def _post(self, notice_id: int, notice: Notice, channel: str, thread_ts: str | None) -> bool:
        """Post one notice; False when the chat is busy and everything should wait."""
        message = ChatMessage(text=notice.text, blocks=notice.blocks)
        try:
            _, ts = await self._chat.post(channel, message, thread_ts=thread_ts, broadcast=notice.broadcast)
        except ChatBusyError as busy:
            self._parked_until = plus_seconds(self._clock.now(), busy.retry_after)
            return False
        except ChatGoneError as gone:
            log.warning("a notice cannot be posted and is given up: %s", gone)
            why = str(gone)
            await self._store.write(lambda tx: tx.notices.gave_up(notice_id, why, self._clock.now()))
            return True
        await self._store.write(lambda tx: tx.notices.posted(notice_id, ts, self._clock.now()))
        return True


def _sorted_out(tx: Transaction) -> tuple[list[_Post], list[int]]:
    """Give what can be posted now, and the ids of what never can be; the rest waits for its card."""
    ready, homeless = [], []
    for notice_id, notice in tx.notices.waiting(LOOK):
        cards = _cards(tx, notice)
        living = next((card for card in cards if card.dead is None), None)
        if not notice.in_thread and notice.channel:
            ready.append(_Post(notice_id, notice, notice.channel, None))
        elif living is not None and living.ts is not None:
            ready.append(_Post(notice_id, notice, living.channel, living.ts))
        elif cards and living is None:
            homeless.append(notice_id)
    return ready, homeless


def _cards(tx: Transaction, notice: Notice) -> list[Card]:
    """Find the cards a notice may go below, the live one first."""
    if notice.campaign_id is None:
        return []
    found = [tx.cards.get(notice.campaign_id, kind) for kind in ("live", "approval")]
    return [card for card in found if card is not None]

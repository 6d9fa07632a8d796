"""Posts what must be said once: milestones in threads, words to one person, digests."""

import logging

from bot.domain.instants import Millis, plus_seconds
from bot.ports.chat import Chat, ChatBusyError, ChatGoneError, ChatMessage
from bot.ports.clock import Clock
from bot.ports.records import Card, Notice
from bot.ports.storage import Storage, Transaction

log = logging.getLogger(__name__)

BATCH = 20


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
        waiting = await self._store.read(lambda tx: [(i, n, _place(tx, n)) for i, n in tx.notices.waiting(BATCH)])
        posted = 0
        for notice_id, notice, place in waiting:
            if place is None:
                continue
            if not await self._post(notice_id, notice, *place):
                return False
            posted += 1
        return posted > 0

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


def _place(tx: Transaction, notice: Notice) -> tuple[str, str | None] | None:
    """Find where a notice belongs: (channel, thread); None while its card has not been posted."""
    if not notice.in_thread or notice.campaign_id is None:
        return (notice.channel, None) if notice.channel else None
    cards = [tx.cards.get(notice.campaign_id, kind) for kind in ("live", "approval")]
    card: Card | None = next((card for card in cards if card is not None and card.dead is None), None)
    if card is None or card.ts is None:
        return None
    return card.channel, card.ts

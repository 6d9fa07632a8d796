"""Posts what must be said once: milestones in threads, words to one person, digests."""

import logging
from dataclasses import dataclass

from bot.domain.instants import Millis, plus_seconds
from bot.ports.chat import Chat, ChatBusyError, ChatClosedError, ChatError, ChatGoneError, ChatMessage
from bot.ports.clock import Clock
from bot.ports.records import Card, Notice
from bot.ports.storage import Storage, Transaction
from bot.services import chat_troubles
from bot.services.posting import mark_of_notice

log = logging.getLogger(__name__)

BATCH = 20
#: So many are looked at, because those that wait for a card or a channel must not hold up the others.
LOOK = 1_000


@dataclass(frozen=True, slots=True)
class _Post:
    """A notice with its place."""

    id: int
    notice: Notice
    channel: str
    thread_ts: str | None


class NoticeRounds:
    """Posts queued notices in order; one whose thread or channel is not there yet waits for it, and for it alone."""

    def __init__(self, store: Storage, chat: Chat, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._parked_until = Millis(0)

    async def round(self) -> bool:
        """Post what waits; True when at least one was tried and more may wait."""
        if self._clock.now() < self._parked_until:
            return False
        ready = await self._store.read(self._ready)
        closed: set[str] = set()
        for post in ready[:BATCH]:
            if chat_troubles.is_closed(closed, post.channel):
                continue
            try:
                await self._post(post)
            except ChatBusyError as busy:
                self._parked_until = plus_seconds(self._clock.now(), busy.retry_after)
                return False
            except ChatClosedError as refused:
                closed.add(await self._wait(post, refused))
        if not ready:
            await self._tidy()
        return bool(ready)

    async def _post(self, post: _Post) -> None:
        """Post one notice; raises ChatBusyError or ChatClosedError while it has to wait."""
        try:
            ts = await self._find(post) or await self._say(post)
        except ChatGoneError as gone:
            log.warning("a notice cannot be posted and is given up: %s", gone)
            why = str(gone)
            await self._store.write(lambda tx: tx.notices.gave_up(post.id, why, self._clock.now()))
            return

        def posted(tx: Transaction) -> None:
            tx.notices.posted(post.id, ts, self._clock.now())
            chat_troubles.over(tx, post.channel)

        await self._store.write(posted)

    async def _find(self, post: _Post) -> str | None:
        """Look for a message that may have been posted before."""
        at = post.notice.posting_at
        if at is None:
            return None
        return await self._chat.find(post.channel, mark_of_notice(post.notice, at), thread_ts=post.thread_ts)

    async def _say(self, post: _Post) -> str:
        """Post a notice under a mark that is written down before."""
        notice, now = post.notice, self._clock.now()
        await self._store.write(lambda tx: tx.notices.posting(post.id, now))
        message = ChatMessage(text=notice.text, blocks=notice.blocks, mark=mark_of_notice(notice, now))
        try:
            _, ts = await self._chat.post(post.channel, message, thread_ts=post.thread_ts, broadcast=notice.broadcast)
        except ChatError as refused:
            if not (isinstance(refused, ChatBusyError) and refused.may_be_done):
                await self._store.write(lambda tx: tx.notices.posting(post.id, None))
            raise
        return ts

    async def _wait(self, post: _Post, closed: ChatClosedError) -> str:
        """Let a notice wait for its place, and name the place."""
        log.warning("a notice for %s waits: %s", post.channel, closed)
        return await self._store.write(
            lambda tx: chat_troubles.notice_refused(tx, post.id, post.notice, post.channel, closed, self._clock.now())
        )

    async def _tidy(self) -> None:
        if await self._store.read(lambda tx: bool(tx.troubles.list())):
            await self._store.write(lambda tx: chat_troubles.tidy(tx, self._clock.now()))

    def _ready(self, tx: Transaction) -> list[_Post]:
        """Give what can be posted now, with its place; the rest waits for its card or its channel."""
        closed = chat_troubles.closed_places(tx, self._clock.now())
        placed = [_placed(tx, notice_id, notice) for notice_id, notice in tx.notices.waiting(LOOK)]
        return [post for post in placed if post is not None and not chat_troubles.is_closed(closed, post.channel)]


def _placed(tx: Transaction, notice_id: int, notice: Notice) -> _Post | None:
    """Find where a notice goes; None while it has to wait for its card.

    Below a card that lives, else below one that can no longer be edited: its thread is still there.
    """
    if not notice.in_thread and notice.channel:
        return _Post(notice_id, notice, notice.channel, None)
    cards = sorted(_cards(tx, notice), key=lambda card: card.dead is not None)
    card = next((card for card in cards if card.ts is not None or card.dead is None), None)
    if card is not None:
        return _Post(notice_id, notice, card.channel, card.ts) if card.ts is not None else None
    # None of them was ever posted, and none will be.
    return _Post(notice_id, notice, cards[0].channel, None) if cards else None


def _cards(tx: Transaction, notice: Notice) -> list[Card]:
    """Find the cards a notice may go below, the live one first."""
    if notice.campaign_id is None:
        return []
    found = [tx.cards.get(notice.campaign_id, kind) for kind in ("live", "approval")]
    return [card for card in found if card is not None]

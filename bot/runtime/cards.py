"""Keeps cards true: draws stale ones from the database within the workspace's budget, newest state only."""

import asyncio
import logging
from dataclasses import dataclass, replace

from bot.domain.campaign import CampaignId
from bot.domain.policy import Policy
from bot.ports.chat import (
    Chat,
    ChatBusyError,
    ChatClosedError,
    ChatError,
    ChatGoneError,
    ChatMessage,
    ChatMissingError,
)
from bot.ports.clock import Clock
from bot.ports.records import Card
from bot.ports.storage import Storage, Transaction
from bot.services import chat_troubles
from bot.services.posting import mark_of_card
from bot.services.reporting import PlainWords, campaign_sheet
from bot.slack.budget import EditBudget
from bot.slack.fingerprint import content_hash
from bot.slack.views.approval_card import approval_card
from bot.slack.views.live_card import live_card

log = logging.getLogger(__name__)

_DRAW = {"live": live_card, "approval": approval_card}


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A card with what it is to show; `is_asked`: somebody waits for it."""

    card: Card
    message: ChatMessage
    is_asked: bool


class CardRounds:
    """Draws what is stale. A card is a pure function of the database, so nothing is queued: the newest state wins.

    What a channel does not take waits for it (`bot.services.chat_troubles`); what is about one message is final.
    """

    def __init__(
        self, store: Storage, chat: Chat, policy: Policy, clock: Clock, *, words: PlainWords, budget: EditBudget
    ) -> None:
        self._store = store
        self._chat = chat
        self._policy = policy
        self._clock = clock
        self._words = words
        self._budget = budget
        # One drawing at a time: two of one card could post it twice, or leave the older state on it.
        self._drawing_now = asyncio.Lock()
        self._is_new = True

    async def round(self) -> bool:
        """Draw the stale cards the budget allows now."""
        if self._is_new:
            # Whoever starts the bot may just have mended something.
            await self._store.write(lambda tx: tx.troubles.retry_now(self._clock.now()))
            self._is_new = False
        for card in self._budget.choose(await self._store.read(self._stale), self._clock.ticks()):
            await self._draw(card)
        return False

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        """Draw one card at once, because somebody asked for it; raises ChatError when the chat does not take it."""
        card = await self._store.read(lambda tx: tx.cards.get(campaign_id, kind))
        if card is not None:
            self._budget.spend(card, self._clock.ticks())
            await self._draw(card, is_asked=True)

    def _stale(self, tx: Transaction) -> list[Card]:
        closed = chat_troubles.closed_places(tx, self._clock.now())
        return [card for card in tx.cards.stale() if not chat_troubles.is_closed(closed, card.channel)]

    async def _draw(self, stale: Card, *, is_asked: bool = False) -> None:
        async with self._drawing_now:
            drawing = await self._store.read(lambda tx: self._drawing(tx, stale, is_asked=is_asked))
            if drawing is None:
                return
            try:
                await self._bring_up_to_date(drawing)
            except (ChatBusyError, ChatClosedError, ChatGoneError) as refused:
                await self._refused(drawing.card, refused)
                if is_asked:
                    raise

    def _drawing(self, tx: Transaction, stale: Card, *, is_asked: bool) -> _Drawing | None:
        """Read the card again with what it shows: somebody may have drawn it while this one waited its turn."""
        card = tx.cards.get(stale.campaign_id, stale.kind)
        campaign = tx.campaigns.get(stale.campaign_id)
        if campaign is None or card is None:
            return None
        # A card before this one may just have found out that its channel takes nothing.
        closed = chat_troubles.closed_places(tx, self._clock.now())
        if not is_asked and (card.dead is not None or chat_troubles.is_closed(closed, card.channel)):
            return None
        sheet = campaign_sheet(tx, campaign, policy=self._policy, words=self._words, now=self._clock.now())
        return _Drawing(card, _DRAW[card.kind](sheet), is_asked)

    async def _bring_up_to_date(self, drawing: _Drawing) -> None:
        card, fingerprint = drawing.card, content_hash(drawing.message)
        is_as_wanted = fingerprint == card.content_hash and not drawing.is_asked
        ts = card.ts if is_as_wanted else None
        is_shown = ts is None
        if ts is None:
            ts = await self._show(drawing)

        def drew(tx: Transaction) -> None:
            tx.cards.drew(card, ts=ts, content_hash=fingerprint, now=self._clock.now())
            if is_shown:
                chat_troubles.over(tx, card.channel)

        await self._store.write(drew)

    async def _show(self, drawing: _Drawing) -> str:
        """Post or edit, and give the message's timestamp. A message that was deleted is posted anew."""
        card = drawing.card
        if card.ts is not None:
            try:
                await self._chat.edit(card.channel, card.ts, drawing.message)
            except ChatGoneError as gone:
                if not (drawing.is_asked or isinstance(gone, ChatMissingError)):
                    raise
            else:
                return card.ts
        return await self._find(drawing) or await self._post(drawing)

    async def _find(self, drawing: _Drawing) -> str | None:
        """Look for a message that may have been posted before, and bring it up to date."""
        card = drawing.card
        if card.posting_at is None:
            return None
        ts = await self._chat.find(card.channel, mark_of_card(card, card.posting_at))
        if ts is not None:
            await self._chat.edit(card.channel, ts, drawing.message)
        return ts

    async def _post(self, drawing: _Drawing) -> str:
        """Post a card under a mark that is written down before."""
        card, now = drawing.card, self._clock.now()
        await self._store.write(lambda tx: tx.cards.posting(card, now))
        try:
            _, ts = await self._chat.post(card.channel, replace(drawing.message, mark=mark_of_card(card, now)))
        except ChatError as refused:
            if not (isinstance(refused, ChatBusyError) and refused.may_be_done):
                await self._store.write(lambda tx: tx.cards.posting(card, None))
            raise
        return ts

    async def _refused(self, card: Card, refused: ChatBusyError | ChatClosedError | ChatGoneError) -> None:
        """Note when to try again, or that this message takes nothing any more."""
        now, why = self._clock.now(), str(refused)
        match refused:
            case ChatBusyError():
                self._budget.park(self._clock.ticks(), refused.retry_after)
            case ChatClosedError() as closed:
                log.warning("the %s card of campaign %s waits: %s", card.kind, card.campaign_id, why)
                await self._store.write(lambda tx: chat_troubles.card_refused(tx, card, closed, now))
            case ChatGoneError():
                log.warning("the %s card of campaign %s is given up: %s", card.kind, card.campaign_id, why)
                await self._store.write(lambda tx: chat_troubles.give_up_card(tx, card, why, now))

"""Keeps cards true: draws stale ones from the database within the workspace's budget, newest state only."""

import asyncio
import logging
from dataclasses import dataclass

from bot.domain.campaign import CampaignId
from bot.domain.policy import Policy
from bot.ports.chat import Chat, ChatBusyError, ChatGoneError, ChatMessage
from bot.ports.clock import Clock
from bot.ports.records import Card
from bot.ports.storage import Storage, Transaction
from bot.services.reporting import PlainWords, campaign_sheet
from bot.slack.budget import EditBudget
from bot.slack.fingerprint import content_hash
from bot.slack.views.approval_card import approval_card
from bot.slack.views.live_card import live_card

log = logging.getLogger(__name__)

_DRAW = {"live": live_card, "approval": approval_card}


@dataclass(frozen=True, slots=True)
class _Drawing:
    card: Card
    message: ChatMessage


class CardRounds:
    """Draws what is stale. A card is a pure function of the database, so nothing is queued: the newest state wins."""

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

    async def round(self) -> bool:
        """Draw the stale cards the budget allows now."""
        stale = await self._store.read(lambda tx: tx.cards.stale())
        for card in self._budget.choose(stale, self._clock.ticks()):
            await self._draw(card)
        return False

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        """Draw one card at once, because somebody asked for it."""
        card = await self._store.read(lambda tx: tx.cards.get(campaign_id, kind))
        if card is not None and card.dead is None:
            self._budget.spend(card, self._clock.ticks())
            await self._draw(card, is_asked=True)

    async def _draw(self, stale: Card, *, is_asked: bool = False) -> None:
        async with self._drawing_now:
            drawing = await self._store.read(lambda tx: self._drawing(tx, stale))
            if drawing is not None:
                await self._bring_up_to_date(drawing, is_asked=is_asked)

    async def _bring_up_to_date(self, drawing: _Drawing, *, is_asked: bool) -> None:
        card, fingerprint = drawing.card, content_hash(drawing.message)
        ts = card.ts
        if ts is None or fingerprint != card.content_hash or is_asked:
            ts = await self._show(drawing)
            if ts is None:
                return
        await self._store.write(
            lambda tx: tx.cards.drew(card, ts=ts or "", content_hash=fingerprint, now=self._clock.now())
        )

    def _drawing(self, tx: Transaction, stale: Card) -> _Drawing | None:
        """Read the card again with what it shows: somebody may have drawn it while this one waited its turn."""
        card = tx.cards.get(stale.campaign_id, stale.kind)
        campaign = tx.campaigns.get(stale.campaign_id)
        if campaign is None or card is None or card.dead is not None:
            return None
        sheet = campaign_sheet(tx, campaign, policy=self._policy, words=self._words, now=self._clock.now())
        return _Drawing(card, _DRAW[card.kind](sheet))

    async def _show(self, drawing: _Drawing) -> str | None:
        """Post or edit; None when the chat cannot take it now or will never take it."""
        card = drawing.card
        try:
            if card.ts is None:
                _, ts = await self._chat.post(card.channel, drawing.message)
                return ts
            await self._chat.edit(card.channel, card.ts, drawing.message)
        except ChatBusyError as busy:
            self._budget.park(self._clock.ticks(), busy.retry_after)
            return None
        except ChatGoneError as gone:
            log.warning("the %s card of campaign %s cannot be drawn any more: %s", card.kind, card.campaign_id, gone)
            why = str(gone)
            await self._store.write(lambda tx: tx.cards.died(card.campaign_id, card.kind, why))
            return None
        return card.ts

"""What works in the background, each part under the lease of its role, and the bells that wake it."""

import secrets
from collections.abc import Sequence

from bot.domain.campaign import CampaignId
from bot.domain.policy import Policy
from bot.domain.rates import RateCard
from bot.ports.chat import Chat, ChatClosedError
from bot.ports.clock import Clock
from bot.ports.meta import MetaManagement
from bot.ports.records import Trouble
from bot.ports.storage import Storage, Transaction
from bot.runtime.cards import CardRounds
from bot.runtime.housekeeping import Housekeeping
from bot.runtime.launcher import LaunchingRounds
from bot.runtime.leased import FencedStorage, LeasedChat, LeasedRounds
from bot.runtime.notices import NoticeRounds
from bot.runtime.planner import CancellingRounds, PlanningRounds
from bot.runtime.roles import CARDS, SCHEDULER, SYNC, RoleLeases
from bot.runtime.scheduler import Scheduler
from bot.runtime.sender import NumberSender
from bot.runtime.syncing import Syncing
from bot.runtime.worker import Rounds, Worker
from bot.services import chat_troubles
from bot.services.planning import Planner
from bot.slack.budget import EditBudget
from bot.slack.views.digest import digest
from bot.whatsapp.failures import plain_words


def new_token() -> str:
    """Make a click or campaign token that cannot be guessed."""
    return secrets.token_urlsafe(12)


class Background:
    """Every worker, wired once. Its bells are what commands ring (`commands.desk.Workers`)."""

    def __init__(
        self,
        *,
        store: Storage,
        clock: Clock,
        policy: Policy,
        card: RateCard,
        chat: Chat,
        meta: MetaManagement,
        leases: RoleLeases,
        senders: Sequence[NumberSender],
    ) -> None:
        self._store, self._clock, self._policy, self._leases = store, clock, policy, leases
        self._senders = senders
        self._syncing = Syncing(store, meta, policy, clock)
        self._build_schedule(card, meta)
        self._build_drawing(chat)
        housekeeping = Housekeeping(self._fenced(SCHEDULER), policy, clock, draw_digest=digest)
        timed_syncing = Syncing(self._fenced(SYNC), meta, policy, clock)
        self.scheduler = Scheduler(store, housekeeping, timed_syncing, leases)
        self.workers = (self._planning, self._cancelling, self._launching, self._drawing, self._noticing)

    def _build_schedule(self, card: RateCard, meta: MetaManagement) -> None:
        store, clock, policy = self._fenced(SCHEDULER), self._clock, self._policy
        planning = PlanningRounds(
            store, Planner(policy, card, new_token, secrets.token_bytes), clock, planned=self.draw
        )
        launching = LaunchingRounds(store, meta, policy, clock, launched=self.send)
        self._planning = self._worker("planner", planning, SCHEDULER, every_seconds=1.0)
        self._cancelling = self._worker("canceller", CancellingRounds(store), SCHEDULER, every_seconds=1.0)
        self._launching = self._worker("launcher", launching, SCHEDULER, every_seconds=1.0)

    def _build_drawing(self, chat: Chat) -> None:
        told, leased = self._fenced(CARDS), LeasedChat(chat, self._leases, CARDS)
        budget = EditBudget(self._clock.ticks())
        self._cards = CardRounds(told, leased, self._policy, self._clock, words=plain_words, budget=budget)
        self._drawing = self._worker("cards", self._cards, CARDS, every_seconds=0.5)
        self._noticing = self._worker("notices", NoticeRounds(told, leased, self._clock), CARDS, every_seconds=0.5)

    def _fenced(self, role: str) -> FencedStorage:
        return FencedStorage(self._store, self._leases, role)

    def _worker(self, name: str, rounds: Rounds, role: str, *, every_seconds: float) -> Worker:
        return Worker(name, LeasedRounds(rounds, self._leases, role), every_seconds=every_seconds)

    def plan(self) -> None:
        """Wake the planner."""
        self._planning.bell.ring()

    def launch(self) -> None:
        """Wake the launcher."""
        self._launching.bell.ring()

    def send(self) -> None:
        """Wake the senders, and whoever cleans up after a cancel."""
        for sender in self._senders:
            sender.bell.ring()
        self._cancelling.bell.ring()
        self.draw()

    def draw(self) -> None:
        """Wake whoever draws cards and posts notices."""
        self._drawing.bell.ring()
        self._noticing.bell.ring()

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        """Draw one card at once; where another process draws cards, it does so within a second. Raises ChatError."""
        if self._leases.holds(CARDS):
            await self._cards.draw_now(campaign_id, kind)
        else:
            await self._ask_for(campaign_id, kind)

    async def _ask_for(self, campaign_id: CampaignId, kind: str) -> None:
        """Have another process draw a card; raises ChatClosedError while something is known to keep it from that."""

        def ask(tx: Transaction) -> Trouble | None:
            trouble, card = chat_troubles.trouble_of(tx, campaign_id, kind), tx.cards.get(campaign_id, kind)
            tx.cards.want(campaign_id, kind, None if card is None else card.channel)
            return trouble

        trouble = await self._store.write(ask)
        if trouble is not None:
            raise ChatClosedError(trouble.why)

    async def sync_templates(self) -> None:
        """Read every template from Meta."""
        await self._syncing.templates()

"""What the listeners work with: books, house rules, prices, clock, Meta, Slack, and the bells of the workers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.rates import RateCard
from bot.domain.roles import Roster
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.meta import MetaManagement
from bot.ports.storage import Storage
from bot.services.reporting import PlainWords
from bot.slack.files import SlackFiles
from bot.slack.people import SlackPeople


class Workers(Protocol):
    """Whoever works in the background; every bell only says "look again", the database says what there is to do."""

    def plan(self) -> None:
        """Tell that a campaign waits to be planned."""
        ...

    def launch(self) -> None:
        """Tell that a campaign was approved and may be due."""
        ...

    def send(self) -> None:
        """Tell that messages may leave, or that a campaign was resumed, cancelled or is to be tested."""
        ...

    def draw(self) -> None:
        """Tell that a card is stale or a notice waits."""
        ...

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        """Draw one card (`live` or `approval`) at once. May raise a ChatError: then it follows by itself."""
        ...

    async def sync_templates(self) -> None:
        """Read every template again from Meta. May raise MetaUnavailableError or MetaRefusedError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything a listener may reach. `words` explains a code of Meta's: (what happened, what to do)."""

    store: Storage
    policy: Policy
    roster: Roster
    card: RateCard
    clock: Clock
    meta: MetaManagement
    chat: Chat
    people: SlackPeople
    files: SlackFiles
    workers: Workers
    new_token: Callable[[], str]
    words: PlainWords

    def now(self) -> Millis:
        """Give the present instant."""
        return self.clock.now()

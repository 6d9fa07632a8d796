"""Cards being drawn in a house, for the tests of whatever may come between."""

from bot.domain.campaign import Campaign
from bot.domain.delivery import Status
from bot.ports.records import Card
from bot.runtime.cards import CardRounds
from bot.services import tracking
from bot.slack.budget import EditBudget
from tests.builders import later
from tests.runtime.fake_chat import FakeChat
from tests.services.house import House, a_status


def words(code: int) -> tuple[str, str]:
    return f"what {code} means", "mend it"


def rounds(house: House, chat: FakeChat) -> CardRounds:
    budget = EditBudget(house.clock.ticks())
    return CardRounds(house.store, chat, house.policy, house.clock, words=words, budget=budget)


async def live(house: House, campaign: Campaign) -> Card:
    card = await house.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert card is not None
    return card


async def delivered(house: House, *numbers: int) -> None:
    events = [a_status(Status.DELIVERED, f"wamid.{n}", later(1)) for n in numbers]
    await house.write(lambda tx: tracking.absorb(tx, events, house.now))

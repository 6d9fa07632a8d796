"""Reading what the bot and Meta have on record, and the invariants that must hold between the two at any moment."""

from collections import Counter
from dataclasses import dataclass

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.funnel import Funnel
from bot.domain.message import Dispatch, Recipient
from bot.ports.storage import Transaction
from bot.simulator.meta import MetaSimulator


@dataclass(frozen=True, slots=True)
class Books:
    """One campaign as the database has it, all of one moment."""

    campaign: Campaign
    funnel: Funnel
    recount: dict[str, int]
    messages: list[Recipient]
    phones: list[str]

    @property
    def state(self) -> CampaignState:
        return self.campaign.state

    def dispatches(self) -> Counter[Dispatch]:
        return Counter(message.dispatch for message in self.messages)

    def phones_in(self, dispatch: Dispatch) -> set[str]:
        pairs = zip(self.phones, self.messages, strict=True)
        return {phone for phone, message in pairs if message.dispatch is dispatch}


def read_books(tx: Transaction, campaign_id: CampaignId) -> Books:
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None:
        raise AssertionError(f"campaign {campaign_id} is gone")
    rows = list(tx.recipients.rows(campaign_id))
    return Books(
        campaign=campaign,
        funnel=Funnel(tx.campaigns.tallies(campaign_id)),
        recount=dict(tx.campaigns.recount(campaign_id)),
        messages=[row.recipient for row in rows],
        phones=[row.address for row in rows],
    )


def assert_balanced(books: Books, meta: MetaSimulator) -> None:
    """Nobody got two, everybody is in exactly one state, and the bot claims nothing that Meta did not take."""
    assert most_per_person(meta) <= 1
    assert books.funnel.balances()
    assert {fact: n for fact, n in books.funnel.tallies.items() if n} == books.recount
    accepted = [message.wamid for message in books.messages if message.dispatch is Dispatch.ACCEPTED]
    assert len(accepted) == len(set(accepted))
    assert set(accepted) <= set(meta.ledger.messages)


def assert_over(books: Books, meta: MetaSimulator) -> None:
    """Balanced, and nothing is left on its way: whoever Meta has nothing for was not counted as sent."""
    assert_balanced(books, meta)
    left = books.dispatches().keys() & {Dispatch.PLANNED, Dispatch.CLAIMED, Dispatch.SENDING}
    assert not left
    unknown = meta.received.keys() - books.phones_in(Dispatch.ACCEPTED) - books.phones_in(Dispatch.IN_DOUBT)
    assert not unknown


def most_per_person(meta: MetaSimulator) -> int:
    """Give the most messages that any phone received."""
    return max((len(messages) for messages in meta.received.values()), default=0)

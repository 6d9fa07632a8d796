"""One campaign through every book it touches, from its people to its report."""

from bot.domain.audience import AudienceRule, waterfall
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.delivery import Status, StatusEvent, fold
from bot.domain.message import Dispatch
from bot.domain.plan import PlanSummary
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, NUMBER, a_planned, add_campaign, add_people, later


def _submit(tx: Transaction) -> Campaign:
    people = add_people(tx, 3)
    campaign = add_campaign(tx)
    campaign = tx.campaigns.change(campaign, state=CampaignState.PLANNING, version=1)
    fall = waterfall(tx.people.groups(AudienceRule(), None, NOW))
    planned = [
        a_planned(n, person_id=one, links=((f"tok{n}", 0, "https://example.com/"),)) for n, one in enumerate(people, 1)
    ]
    assert tx.recipients.add(campaign.id, planned) == [True] * 3
    plan = PlanSummary(matched=fall.matched, recipients=3, chain=tx.recipients.chain(campaign.id), is_complete=True)
    return tx.campaigns.change(campaign, state=CampaignState.IN_REVIEW, plan=plan, digest="d1")


def _launch(tx: Transaction, campaign: Campaign) -> Campaign:
    campaign = tx.campaigns.change(campaign, state=CampaignState.APPROVED, approved_by="U0BOSS", approved_at=NOW)
    tx.cards.want(campaign.id, "live", "C0SPRING")
    return tx.campaigns.change(campaign, state=CampaignState.SENDING, started_at=NOW)


def _send(tx: Transaction, campaign: Campaign) -> None:
    fence = tx.leases.take(f"number {NUMBER}", "worker", NOW, 60_000)
    assert fence is not None
    claimed = tx.recipients.claim(campaign.id, 10, fence, NOW)
    leaving = [message._replace(dispatch=Dispatch.SENDING, sending_at=NOW) for message in claimed]
    tx.recipients.save(list(zip(claimed, leaving, strict=True)), fence)
    for n, message in enumerate(leaving):
        done = message._replace(dispatch=Dispatch.ACCEPTED, wamid=f"wamid.{n}", accepted_at=later(1))
        tx.recipients.save([(message, done)], fence)


def _deliver(tx: Transaction) -> None:
    message = tx.recipients.by_wamid(["wamid.0"])["wamid.0"]
    event = StatusEvent(phone_number_id=NUMBER, wamid="wamid.0", status=Status.READ, at=later(2))
    tx.recipients.save([(message, fold(message, event))])


async def test_one_campaign_goes_through_every_book(storage: Storage):
    campaign = await storage.write(_submit)

    campaign = await storage.write(lambda tx: _launch(tx, campaign))
    await storage.write(lambda tx: _send(tx, campaign))
    await storage.write(_deliver)
    landing = await storage.write(lambda tx: tx.links.hit("tok1", later(3)))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(campaign.id))
    assert landing == "https://example.com/"
    assert tallies["planned"] == tallies["sent"] == 3
    assert tallies["read"] == tallies["delivered"] == tallies["clicked"] == 1
    assert tallies == await storage.read(lambda tx: tx.campaigns.recount(campaign.id))
    assert await storage.read(lambda tx: tx.campaigns.last_sender(NUMBER)) == campaign.id
    report = await storage.read(lambda tx: list(tx.recipients.rows(campaign.id)))
    assert [row.recipient.wamid for row in report] == ["wamid.0", "wamid.1", "wamid.2"]

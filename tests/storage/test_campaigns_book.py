"""The book of campaigns: the optimistic lock, the transition table, snapshots, clicks."""

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.campaign import CampaignId, CampaignState, ProductPolicy
from bot.domain.errors import ConflictError
from bot.domain.message import Dispatch
from bot.domain.plan import PlanSummary
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, NUMBER, a_spec, a_template, add_campaign, add_plan, later

S = CampaignState


async def test_a_draft_comes_back_as_it_went(storage: Storage):
    wanted = {
        "ttl_seconds": 86_400,
        "scheduled_at": later(5),
        "offer_ends_at": later(50),
        "policy": ProductPolicy.CLOUD_API_FALLBACK,
        "activity_sharing": False,
        "bindings": {"body:1": "{{first_name|amiga}}"},
    }

    campaign = await storage.write(lambda tx: add_campaign(tx, token="9XYZ", **wanted))

    assert campaign.spec == a_spec(**wanted, audience_id=campaign.spec.audience_id)
    assert (campaign.state, campaign.version, campaign.revision, campaign.token) == (S.DRAFT, 0, 0, "9XYZ")
    assert await storage.read(lambda tx: tx.campaigns.get(campaign.id)) == campaign


async def test_snapshots_come_back_as_they_went(storage: Storage):
    template = a_template(
        components=({"type": "BODY", "text": "Olá {{1}}"}, {"type": "BUTTONS", "buttons": [{"a": 1}]})
    )
    plan = PlanSummary(
        matched=3,
        recipients=2,
        excluded={"stopped": 1},
        samples={"stopped": ("+44 *** 01",)},
        cost_ceiling=Decimal("0.1"),
        rates={"United Kingdom": Decimal("0.0529")},
        examples=("Olá amiga",),
        planned_at=NOW,
    )

    campaign = await storage.write(add_campaign)
    await storage.write(lambda tx: tx.campaigns.change(campaign, template=template, plan=plan))

    stored = await storage.read(lambda tx: tx.campaigns.get(campaign.id))
    assert stored is not None
    assert (stored.template, stored.plan) == (template, plan)


async def test_whoever_writes_second_loses_and_learns_the_state(storage: Storage):
    campaign = await storage.write(add_campaign)
    await storage.write(lambda tx: tx.campaigns.change(campaign, state=S.PLANNING))

    with pytest.raises(ConflictError, match="it is planning now"):
        await storage.write(lambda tx: tx.campaigns.change(campaign, state=S.CANCELLED))

    stored = await storage.read(lambda tx: tx.campaigns.get(campaign.id))
    assert stored is not None
    assert (stored.state, stored.revision) == (S.PLANNING, 1)


@pytest.mark.parametrize("state", [S.SENDING, S.DRAFT])
async def test_a_change_the_table_does_not_allow_is_a_conflict(storage: Storage, state: CampaignState):
    campaign = await storage.write(add_campaign)

    with pytest.raises(ConflictError, match="is draft; it cannot become"):
        await storage.write(lambda tx: tx.campaigns.change(campaign, state=state))


async def test_a_token_finds_one_and_a_name_finds_all_that_bear_it(storage: Storage):
    def fill(tx: Transaction):
        return [add_campaign(tx, token=token).id for token in ("AAAA", "BBBB")]

    first, second = await storage.write(fill)

    assert [found.id for found in await storage.read(lambda tx: tx.campaigns.find("AAAA"))] == [first]
    assert [found.id for found in await storage.read(lambda tx: tx.campaigns.find("Spring offer"))] == [second, first]
    assert await storage.read(lambda tx: tx.campaigns.find("Autumn")) == []


async def test_lists_are_the_newest_first_and_restricted_by_what_is_named(storage: Storage):
    def fill(tx: Transaction):
        one = add_campaign(tx, token="AAAA")
        two = add_campaign(tx, token="BBBB", template_id="900200")
        return one.id, tx.campaigns.change(two, state=S.PLANNING).id

    one, two = await storage.write(fill)

    async def ids(**wanted: Any) -> list[int]:
        return [found.id for found in await storage.read(lambda tx: tx.campaigns.list(**wanted))]

    assert await ids() == [two, one]
    assert await ids(limit=1) == [two]
    assert await ids(states={S.DRAFT}) == [one]
    assert await ids(states=set()) == []
    assert await ids(template_id="900200") == [two]
    assert await ids(created_by="U0NOBODY") == []


async def test_the_last_sender_of_a_number_is_the_campaign_accepted_last(storage: Storage):
    def fill(tx: Transaction):
        early, late, other = (add_campaign(tx, token=token) for token in ("AAAA", "BBBB", "CCCC"))
        for n, (campaign, at) in enumerate([(late, later(2)), (early, later(1)), (other, None)]):
            add_plan(tx, campaign, first=10 + n)
            row = next(iter(tx.recipients.rows(campaign.id))).recipient
            if at is not None:
                accepted = row._replace(dispatch=Dispatch.ACCEPTED, wamid=f"w{n}", accepted_at=at)
                tx.recipients.save([(row, accepted)])
        return late.id

    late = await storage.write(fill)

    assert await storage.read(lambda tx: tx.campaigns.last_sender(NUMBER)) == late
    assert await storage.read(lambda tx: tx.campaigns.last_sender("another")) is None


async def test_a_click_of_metas_counts_once_whichever_campaign_it_is_told_for(storage: Storage):
    def click(tx: Transaction, campaign_id: CampaignId, key: str) -> bool:
        return tx.campaigns.count_meta_click(campaign_id, key, "button", NOW)

    one = await storage.write(lambda tx: add_campaign(tx, token="AAAA").id)
    two = await storage.write(lambda tx: add_campaign(tx, token="BBBB").id)
    answers = [
        await storage.write(lambda tx, c=c, k=k: click(tx, c, k)) for c, k in [(one, "k1"), (two, "k1"), (one, "k2")]
    ]

    assert answers == [True, False, True]
    assert await storage.read(lambda tx: tx.campaigns.meta_clicks(one)) == 2
    assert await storage.read(lambda tx: tx.campaigns.meta_clicks(two)) == 0

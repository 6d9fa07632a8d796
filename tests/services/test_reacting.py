"""One webhook body, everything in it: stops first, news of templates, account and numbers pause what they concern."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.consent import Standing
from bot.domain.delivery import Status
from bot.domain.inbound import (
    AccountEvent,
    IdentityChange,
    Inbound,
    MessagingLimit,
    MetaClick,
    NumberEvent,
    Preference,
    Quarantined,
    TemplateEvent,
    TemplateEventKind,
    WebhookBatch,
)
from bot.ports.records import NumberStatus
from bot.services import controlling, reacting
from bot.services.tracking import Absorbed
from tests.builders import NUMBER, a_phone, add_people, later
from tests.services.house import ANA, APPROVALS, BRUNO, House, a_status

STATUS, QUALITY, CATEGORY = TemplateEventKind.STATUS, TemplateEventKind.QUALITY, TemplateEventKind.CATEGORY
COMPONENTS, NOTICE = TemplateEventKind.COMPONENTS, TemplateEventKind.CATEGORY_NOTICE


async def absorb(house: House, **lists: list[Any]) -> Absorbed:
    return await house.write(lambda tx: reacting.absorb(tx, WebhookBatch(**lists), house.policy, house.now))


def news(kind: TemplateEventKind, value: str = "", **changes: Any) -> TemplateEvent:
    fields = {"template_id": "900100", "name": "spring_offer", "language": "en_GB", "at": later(1), **changes}
    return TemplateEvent(kind=kind, value=value, **fields)


def wrote(text: str, n: int = 1, **changes: Any) -> Inbound:
    fields: dict[str, Any] = {"phone_number_id": NUMBER, "message_id": f"wamid.in.{n}", "kind": "text", "at": later(1)}
    return Inbound(digits=a_phone(n)[1:], user_id=None, text=text, **{**fields, **changes})


async def test_a_stop_and_a_status_in_one_body_both_count(house: House):
    await house.accepted(1)

    absorbed = await absorb(house, inbound=[wrote("STOP")], statuses=[a_status(Status.READ, at=later(1))])

    assert absorbed.matched == 1
    assert await house.standing(1) & Standing.STOPPED


async def test_a_button_that_says_stop_stops(house: House):
    await house.write(lambda tx: add_people(tx, 1))

    await absorb(house, inbound=[wrote("No thanks", payload="STOP", kind="button")])

    assert await house.standing(1) & Standing.STOPPED


async def test_whatsapp_s_own_switch_is_a_stop_of_its_own_and_only_it_is_lifted_by_resume(house: House):
    await house.write(lambda tx: add_people(tx, 1))
    await absorb(house, inbound=[wrote("stop")])
    for hour, is_stop in ((2, True), (3, False)):
        change = Preference(
            phone_number_id=NUMBER, digits=a_phone(1)[1:], user_id=None, is_stop=is_stop, at=later(hour)
        )
        await absorb(house, preferences=[change])

    assert await house.standing(1) == Standing.OPTED_IN | Standing.STOPPED


async def test_a_person_who_changed_numbers_keeps_their_stop(house: House):
    await house.write(lambda tx: add_people(tx, 1))
    moved = IdentityChange(phone_number_id=NUMBER, at=later(1), old_digits=a_phone(1)[1:], new_digits=a_phone(2)[1:])

    await absorb(house, identity_changes=[moved])
    await absorb(house, inbound=[wrote("stop", 2)])

    assert await house.standing(1) & Standing.STOPPED


async def test_metas_clicks_count_once_for_the_campaign_that_sent_last(house: House):
    campaign, _ = await house.accepted(1)
    click = MetaClick(phone_number_id=NUMBER, key="k1", at=later(1), component="cta")

    await absorb(house, clicks=[click, click])
    await absorb(house, clicks=[click, MetaClick(phone_number_id="9", key="k2", at=later(1))])

    assert await house.read(lambda tx: tx.campaigns.meta_clicks(campaign.id)) == 1
    assert (await house.tallies(campaign)).get("clicked", 0) == 0


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (news(STATUS, "PAUSED", reason="LOW_QUALITY"), CampaignState.PAUSED),
        (news(STATUS, "DISABLED"), CampaignState.PAUSED),
        (news(STATUS, "FLAGGED"), CampaignState.SENDING),
        (news(STATUS, "APPROVED"), CampaignState.SENDING),
        (news(QUALITY, "RED"), CampaignState.SENDING),
        (news(CATEGORY, "UTILITY"), CampaignState.PAUSED),
        (news(NOTICE, "UTILITY"), CampaignState.SENDING),
        (news(COMPONENTS), CampaignState.PAUSED),
        (news(STATUS, "PAUSED", template_id="1"), CampaignState.SENDING),
    ],
)
async def test_news_of_a_template_pause_what_may_not_go_on(house: House, event: TemplateEvent, state: CampaignState):
    campaign = await house.sending()

    await absorb(house, template_events=[event])

    assert (await house.campaign(campaign.id)).state is state


async def test_the_thread_hears_once_why_a_template_stopped(house: House):
    await house.sending()
    event = news(STATUS, "PAUSED", reason="LOW_QUALITY")

    await absorb(house, template_events=[event])
    await absorb(house, template_events=[event])

    told = [text for text in await house.said() if "spring_offer" in text]
    assert told == ["Meta reports template “spring_offer” as paused (low quality)."]


async def test_old_news_repeated_by_meta_do_not_pause_what_a_person_resumed(house: House):
    campaign = await house.sending()
    event = news(STATUS, "PAUSED")
    await absorb(house, template_events=[event])
    await house.write(lambda tx: controlling.resume(tx, campaign.id, ANA, house.now))

    await absorb(house, template_events=[event])

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


@pytest.mark.parametrize(
    ("event", "status"), [("PAUSED", "PAUSED"), ("REINSTATED", "APPROVED"), ("FLAGGED", "APPROVED")]
)
async def test_a_template_s_status_is_kept(house: House, event: str, status: str):
    await house.submitted()

    await absorb(house, template_events=[news(STATUS, event)])

    template = await house.read(lambda tx: tx.templates.get("900100"))
    assert template is not None
    assert template.status == status


async def test_quality_and_category_are_kept(house: House):
    await house.submitted()

    await absorb(house, template_events=[news(QUALITY, "RED"), news(CATEGORY, "UTILITY")])

    template = await house.read(lambda tx: tx.templates.get("900100"))
    assert template is not None
    assert (template.quality, template.category) == ("RED", "UTILITY")


async def test_news_before_the_launch_are_told_in_the_thread_and_pause_nothing(house: House):
    campaign = await house.approved()

    await absorb(house, template_events=[news(STATUS, "PAUSED")])

    assert (await house.campaign(campaign.id)).state is CampaignState.APPROVED
    assert "Meta reports template “spring_offer” as paused." in await house.said()


async def blocked(house: House) -> str | None:
    status = await house.read(lambda tx: tx.numbers.get(NUMBER))
    return status.blocked if status else None


async def with_number(house: House, **changes: Any) -> Campaign:
    status = NumberStatus(phone_number_id=NUMBER, display="+44 7700 900500", **changes)
    await house.write(lambda tx: tx.numbers.put(status))
    return await house.sending()


async def test_a_restricted_account_blocks_its_numbers_and_pauses_what_sends(house: House):
    campaign = await with_number(house)

    await absorb(house, account_events=[AccountEvent(event="RESTRICT", sentence="Restricted.", stops_sending=True)])

    paused = await house.campaign(campaign.id)
    assert (paused.state, paused.reason, await blocked(house)) == (CampaignState.PAUSED, "Restricted.", "Restricted.")


async def test_a_restricted_account_blocks_numbers_that_were_never_asked_about(house: House):
    campaign = await house.sending()

    await absorb(house, account_events=[AccountEvent(event="RESTRICT", sentence="Restricted.", stops_sending=True)])

    assert (await house.campaign(campaign.id)).state is CampaignState.PAUSED
    assert await blocked(house) == "Restricted."


async def test_harmless_news_of_the_account_change_nothing(house: House):
    campaign = await with_number(house)

    await absorb(house, account_events=[AccountEvent(event="SIGNED", sentence="Signed.", stops_sending=False)])

    assert await house.campaign(campaign.id) == campaign
    assert await blocked(house) is None


RESTRICTED = AccountEvent(event="ACCOUNT_RESTRICTION", sentence="Restricted.", stops_sending=True, at=later())


async def posted(house: House) -> list[str]:
    """Read what waits to be posted where campaigns are approved."""
    notices = await house.read(lambda tx: [notice for _, notice in tx.notices.waiting(1000)])
    return [one.text for one in notices if one.channel == APPROVALS]


async def test_all_news_of_the_account_are_posted_once(house: House):
    warning = AccountEvent(
        event="DISABLED_UPDATE SCHEDULE_FOR_DISABLE",
        sentence="Meta will disable the WhatsApp account (2026-12-05).",
        stops_sending=False,
        at=later(),
    )

    for event in (warning, RESTRICTED, warning, RESTRICTED):
        await absorb(house, account_events=[event])

    assert await posted(house) == [warning.sentence, RESTRICTED.sentence]


async def test_old_news_of_the_account_do_not_block_again_what_an_approver_resumed(house: House):
    campaign = await with_number(house)
    await absorb(house, account_events=[RESTRICTED])
    await house.write(lambda tx: controlling.resume(tx, campaign.id, BRUNO, house.now))

    await absorb(house, account_events=[RESTRICTED])

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING
    assert await blocked(house) is None


async def test_the_same_news_of_a_later_time_are_news(house: House):
    campaign = await with_number(house)
    await absorb(house, account_events=[RESTRICTED])
    await house.write(lambda tx: controlling.resume(tx, campaign.id, BRUNO, house.now))

    await absorb(house, account_events=[replace(RESTRICTED, at=later(1))])

    assert (await house.campaign(campaign.id)).state is CampaignState.PAUSED
    assert len(await posted(house)) == 2


@pytest.mark.parametrize(
    ("display", "limit", "expected"),
    [
        (None, MessagingLimit(2_000), 2_000),
        ("447700900500", MessagingLimit(None), None),
        ("447700900500", None, 250),
        ("447700900501", MessagingLimit(2_000), 250),
    ],
)
async def test_a_new_messaging_limit_is_taken_over(
    house: House, display: str | None, limit: MessagingLimit | None, expected: int | None
):
    await with_number(house, messaging_limit=250)

    await absorb(house, number_events=[NumberEvent(display=display, event="x", limit=limit)])

    status = await house.read(lambda tx: tx.numbers.get(NUMBER))
    assert status is not None
    assert status.messaging_limit == expected


async def test_what_nobody_understood_is_kept_in_quarantine(house: House):
    await absorb(house, quarantined=[Quarantined("no such field", b"{}")])

    assert await house.read(lambda tx: tx.quarantine.count()) == 1

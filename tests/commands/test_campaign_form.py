"""The campaign modal: it follows the template, and every complaint stands at its field."""

import copy
from dataclasses import replace

import pytest

from bot.domain.audience import AudienceRule
from bot.domain.campaign import CampaignState
from bot.ports.meta import MetaUnavailableError
from tests.builders import add_people
from tests.commands.office import APPROVER, MARKETER, PUBLIC_URL, Office

COUNTED = {
    "id": "900200",
    "name": "click_me",
    "components": (
        {"type": "BODY", "text": "Have a look."},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Look", "url": f"{PUBLIC_URL}/c/{{{{1}}}}"}]},
    ),
}


async def test_choosing_a_template_shows_its_message_and_its_variables(office: Office):
    await office.fill_campaign()

    modal = await office.modal(MARKETER, "campaign_new")

    assert "20% off today" in modal
    assert "Body {{1}}" in modal


async def test_a_template_asleep_is_announced_when_it_is_chosen(office: Office):
    await office.put_template(id="900300", name="asleep", last_updated_at=None)

    await office.fill_campaign(template="900300")

    assert "put it to sleep" in await office.modal(MARKETER, "campaign_new")


async def test_an_unsendable_template_is_listed_with_its_reason_and_refused_at_its_field(office: Office):
    await office.put_template(id="900400", name="code_login", category="AUTHENTICATION")
    await office.type("/campaign new")
    await office.modal(MARKETER, "campaign_new")

    found = await office.sim.options(MARKETER, office.sim.view(MARKETER), "template", "login")
    outcome = await office.submit(template="900400")

    assert "authentication" in found.options[0]["description"]["text"]
    assert "authentication" in outcome.errors["template"]


async def test_templates_that_can_be_sent_are_offered_first(office: Office):
    await office.put_template(id="900400", name="a_paused_one", status="PAUSED")
    await office.type("/campaign new")
    await office.modal(MARKETER, "campaign_new")

    found = await office.sim.options(MARKETER, office.sim.view(MARKETER), "template")

    assert [option["value"] for option in found.options] == ["900100", "900400"]


async def test_audiences_are_found_by_part_of_their_name(office: Office):
    await office.put_audience("Returning customers", AudienceRule())
    await office.type("/campaign new")
    await office.modal(MARKETER, "campaign_new")

    found = await office.sim.options(MARKETER, office.sim.view(MARKETER), "audience", "return")

    assert [option["text"]["text"] for option in found.options] == ["Returning customers"]


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("name", {"name": "   "}, "Give the campaign a name"),
        ("var:body:1", {"var:body:1": " "}, "needs a value"),
        ("var:body:1", {"var:body:1": "{{first_name"}, "}}"),
    ],
)
async def test_a_missing_or_broken_value_is_refused_at_its_field(office: Office, field: str, values, words: str):
    outcome = await office.submit(**values)

    assert words in outcome.errors[field]
    assert await office.campaigns() == []


async def test_a_schedule_in_the_past_is_refused_at_schedule(office: Office):
    outcome = await office.submit(schedule=office.seconds(hours=-1))

    assert "in the past" in outcome.errors["schedule"]


async def test_a_lifetime_that_outlives_the_offer_is_refused_at_offer_ends(office: Office):
    outcome = await office.submit(offer_ends=office.seconds(hours=10))

    assert "after the offer" in outcome.errors["offer_ends"]


async def test_a_schedule_after_the_last_safe_launch_is_refused_with_the_latest_time(office: Office):
    outcome = await office.submit(schedule=office.seconds(hours=30), offer_ends=office.seconds(hours=48))

    # The template lives a day; Ana's clock is three hours behind UTC.
    assert "schedule it by 2026-11-03 06:00" in outcome.errors["offer_ends"]


async def test_an_audience_nobody_is_in_is_refused_at_audience(office: Office):
    empty = await office.put_audience("Nobody", AudienceRule(tags_all=frozenset({"unheard of"})))

    outcome = await office.submit(audience=str(empty))

    assert "Nobody matches" in outcome.errors["audience"]


async def test_an_audience_of_people_without_consent_is_refused_at_audience(office: Office):
    await office.write(lambda tx: add_people(tx, 2, opted_in=False, first=100))
    rule = AudienceRule(countries=frozenset({"GB"}))
    silent = await office.put_audience("Silent", rule)
    await office.write(lambda tx: [tx.people.erase(n, office.clock.now()) for n in (1, 2, 3)])

    outcome = await office.submit(audience=str(silent))

    assert "may be written to" in outcome.errors["audience"]


async def test_a_template_paused_since_it_was_chosen_is_refused_at_template(office: Office):
    await office.fill_campaign()
    await office.write(lambda tx: tx.templates.set_status("900100", "PAUSED", office.clock.now()))

    outcome = await office.sim.submit(MARKETER)

    assert "paused" in outcome.errors["template"]


async def test_a_template_paused_at_meta_is_noticed_when_it_is_chosen(office: Office):
    paused = replace(office.meta.templates_by_id["900100"], status="PAUSED")
    office.meta.templates_by_id["900100"] = paused

    await office.fill_campaign()

    shown = await office.sim.wait_for(lambda: _showing(office, "Meta lists it as paused"))
    assert "cannot be sent" in shown


async def test_a_template_gone_at_meta_is_noticed_when_it_is_chosen(office: Office):
    del office.meta.templates_by_id["900100"]

    await office.fill_campaign()

    shown = await office.sim.wait_for(lambda: _showing(office, "Meta lists it as deleted"))
    assert "cannot be sent" in shown


async def test_a_template_is_shown_as_last_read_while_meta_is_away(office: Office):
    office.meta.error = MetaUnavailableError("away")

    outcome = await office.submit()

    assert outcome.is_ok


async def test_the_author_is_told_the_id_and_what_comes_next(office: Office):
    await office.proposed()
    campaign = await office.campaign()

    told = await office.told(MARKETER, "is submitted")

    assert campaign.token in told


async def test_a_template_that_counts_clicks_needs_our_own_address(office: Office):
    await office.put_template(**COUNTED)

    outcome = await office.submit(template="900200", **{"var:body:1": None, "var:button:0": "shop.example"})

    assert "https://" in outcome.errors["var:button:0"]


@pytest.mark.parametrize(("ttl", "words"), [("3600", "12 hours to 30 days"), ("soon", "from the list")])
async def test_a_lifetime_nobody_offered_is_refused_at_ttl(office: Office, ttl: str, words: str):
    outcome = await office.submit(name=" ")
    view = copy.deepcopy(outcome.payload["view"])
    view["state"]["values"]["name"]["name"]["value"] = "Spring offer"
    view["state"]["values"]["ttl"]["ttl"]["selected_option"]["value"] = ttl

    answer = await office.send_again(outcome, view=view)

    assert words in answer["errors"]["ttl"]


@pytest.mark.parametrize(
    ("channel", "words"),
    [("C0SHARED", "shared with another company"), ("C0GENERAL", "not in this channel"), ("C0GONE", "cannot see")],
)
async def test_a_channel_that_cannot_take_the_figures_is_refused_at_channel(office: Office, channel: str, words: str):
    outcome = await office.submit(name=" ")
    view = copy.deepcopy(outcome.payload["view"])
    view["state"]["values"]["channel"]["channel"]["selected_conversation"] = channel

    answer = await office.send_again(outcome, view=view)

    assert words in answer["errors"]["channel"]


async def test_a_form_sent_before_its_variables_arrived_comes_back_with_them(office: Office):
    outcome = await office.submit(name=" ")
    view = copy.deepcopy(outcome.payload["view"])
    view["state"]["values"]["name"]["name"]["value"] = "Spring offer"
    del view["state"]["values"]["var:body:1"]
    view["blocks"] = [block for block in view["blocks"] if block["block_id"] != "var:body:1"]

    answer = await office.send_again(outcome, view=view)

    assert answer["response_action"] == "update"
    assert "var:body:1" in [block.get("block_id") for block in answer["view"]["blocks"]]


async def test_a_submission_delivered_twice_makes_one_campaign(office: Office):
    outcome = await office.submit()

    await office.send_again(outcome)

    assert len(await office.campaigns()) == 1


async def test_a_campaign_goes_out_from_the_number_with_the_least_to_do(office: Office):
    await office.sending()
    await office.submit(name="Second")

    numbers = {campaign.spec.name: campaign.spec.phone_number_id for campaign in await office.campaigns()}

    assert numbers["Second"] != numbers["Spring offer"]


async def test_people_without_a_value_are_left_out_in_the_plan(office: Office):
    await office.submit(**{"var:body:1": "{{coupon}}"})

    await office.work()

    campaign = await office.campaign()

    assert campaign.state is CampaignState.CHANGES_REQUESTED
    assert campaign.plan is not None
    assert campaign.plan.missing == {"coupon": 3}


async def test_editing_fills_the_modal_and_makes_a_new_version(office: Office):
    await office.proposed()
    before = await office.campaign()

    await office.type(f"/campaign edit {before.token}")
    modal = await office.modal(MARKETER, "campaign_new")
    outcome = await office.sim.submit(MARKETER, {"name": "Summer offer"})
    await office.work()

    after = await office.campaign()
    assert outcome.is_ok
    assert "Spring offer" in modal
    assert (after.id, after.spec.name, after.version) == (before.id, "Summer offer", before.version + 1)


async def test_nobody_edits_a_campaign_of_somebody_else(office: Office):
    await office.proposed()
    campaign = await office.campaign()

    answer = await office.answer(f"/campaign edit {campaign.token}", user=APPROVER)

    assert "can edit" in answer


async def test_a_form_with_forged_metadata_is_refused(office: Office):
    outcome = await office.submit(name=" ")
    view = {**copy.deepcopy(outcome.payload["view"]), "private_metadata": "[1"}

    answer = await office.send_again(outcome, view=view)

    assert "older version" in str(answer["view"]["blocks"])
    assert await office.campaigns() == []


def _showing(office: Office, words: str) -> str:
    text = office.sim.text(office.sim.view(MARKETER))
    return text if words in text else ""

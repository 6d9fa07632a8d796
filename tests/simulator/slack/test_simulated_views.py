from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_builders import HandClock, home, input_block, modal, section, text_input
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator


@pytest.fixture
async def trigger(sim: SlackSimulator, app: AsyncApp):
    """Return a function that makes a person act and hands over the fresh trigger id of that."""

    @app.shortcut("any")
    async def on_shortcut(ack: Any):
        await ack()

    async def make(user: str = "U0ANA"):
        return (await sim.shortcut(user, "any")).payload["trigger_id"]

    return make


async def refusal(call: Any):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_trigger_opens_one_modal_and_no_second(sim: SlackSimulator, client: AsyncWebClient, trigger: Any):
    trigger_id = await trigger()

    await client.views_open(trigger_id=trigger_id, view=modal(section("first")))

    assert "first" in sim.text(sim.view("U0ANA"))
    assert await refusal(client.views_open(trigger_id=trigger_id, view=modal(section()))) == "exchanged_trigger_id"


async def test_a_trigger_lives_three_seconds(
    sim: SlackSimulator, client: AsyncWebClient, trigger: Any, clock: HandClock
):
    just_in_time, too_late = await trigger(), await trigger("U0BRUNO")
    clock.advance(3)
    await client.views_open(trigger_id=just_in_time, view=modal(section()))
    clock.advance(0.1)

    assert await refusal(client.views_open(trigger_id=too_late, view=modal(section()))) == "expired_trigger_id"
    assert sim.view("U0BRUNO") is None


async def test_an_invented_trigger_is_invalid(client: AsyncWebClient):
    assert await refusal(client.views_open(trigger_id="1.2.3", view=modal(section()))) == "invalid_trigger_id"


async def test_a_refused_view_does_not_spend_the_trigger(sim: SlackSimulator, client: AsyncWebClient, trigger: Any):
    trigger_id = await trigger()

    bad = client.views_open(trigger_id=trigger_id, view=modal(section("")))
    assert await refusal(bad) == "invalid_arguments"

    await client.views_open(trigger_id=trigger_id, view=modal(section("good")))
    assert "good" in sim.text(sim.view("U0ANA"))


async def test_three_modals_stack_and_a_fourth_is_refused(sim: SlackSimulator, client: AsyncWebClient, trigger: Any):
    first = await client.views_open(trigger_id=await trigger(), view=modal(section("1")))
    second = await client.views_push(trigger_id=await trigger(), view=modal(section("2")))
    await client.views_push(trigger_id=await trigger(), view=modal(section("3")))

    fourth = client.views_push(trigger_id=await trigger(), view=modal(section("4")))
    assert await refusal(fourth) == "push_limit_reached"
    assert second["view"]["previous_view_id"] == first["view"]["id"]
    assert sim.view("U0ANA").root_id == first["view"]["id"]


async def test_there_is_nothing_to_push_onto_without_a_modal(client: AsyncWebClient, trigger: Any):
    assert await refusal(client.views_push(trigger_id=await trigger(), view=modal(section()))) == "not_found"


async def test_an_update_with_an_old_hash_conflicts_and_without_one_wins(
    sim: SlackSimulator, client: AsyncWebClient, trigger: Any
):
    opened = (await client.views_open(trigger_id=await trigger(), view=modal(section("1"))))["view"]
    await client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(section("2")))

    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(section("3")))
    assert await refusal(stale) == "hash_conflict"
    await client.views_update(view_id=opened["id"], view=modal(section("4")))
    assert "4" in sim.text(sim.view("U0ANA"))


async def test_an_update_keeps_what_was_typed_where_the_ids_stay(
    sim: SlackSimulator, client: AsyncWebClient, trigger: Any
):
    form = modal(input_block(text_input("name")), input_block(text_input("note")))
    opened = await client.views_open(trigger_id=await trigger(), view=form)
    await sim.fill("U0ANA", {"name": "Spring", "note": "soon"})

    changed = modal(input_block(text_input("name")), input_block(text_input("note"), "other"))
    await client.views_update(view_id=opened["view"]["id"], view=changed)

    assert sim.view("U0ANA").typed["name"]["name"]["value"] == "Spring"
    assert "note" not in sim.view("U0ANA").typed.get("other", {})


async def test_a_closed_view_is_not_found(sim: SlackSimulator, client: AsyncWebClient, trigger: Any):
    opened = await client.views_open(trigger_id=await trigger(), view=modal(section()))
    await sim.close("U0ANA")

    assert await refusal(client.views_update(view_id=opened["view"]["id"], view=modal(section()))) == "not_found"


async def test_an_external_id_addresses_a_view_and_is_unique_in_the_team(
    sim: SlackSimulator, client: AsyncWebClient, trigger: Any
):
    await client.views_open(trigger_id=await trigger(), view=modal(section("1"), external_id="mine"))

    await client.views_update(external_id="mine", view=modal(section("2"), external_id="mine"))
    assert "2" in sim.text(sim.view("U0ANA"))
    other = client.views_open(trigger_id=await trigger("U0BRUNO"), view=modal(section(), external_id="mine"))
    assert await refusal(other) == "duplicate_external_id"


async def test_an_update_names_its_view_one_way_only(client: AsyncWebClient):
    body = {"view": modal(section())}
    both = client.api_call("views.update", json={**body, "view_id": "V1", "external_id": "x"})

    assert await refusal(both) == "invalid_arguments"
    assert await refusal(client.api_call("views.update", json=body)) == "invalid_arguments"


async def test_a_home_is_published_per_person_and_replaced(sim: SlackSimulator, client: AsyncWebClient):
    first = await client.views_publish(user_id="U0ANA", view=home(section("mine")))
    await client.views_publish(user_id="U0ANA", view=home(section("newer")), hash=first["view"]["hash"])

    assert "newer" in sim.text(sim.home("U0ANA"))
    assert sim.home("U0BRUNO") is None
    stale = client.views_publish(user_id="U0ANA", view=home(section("x")), hash=first["view"]["hash"])
    assert await refusal(stale) == "hash_conflict"
    assert await refusal(client.views_publish(user_id="U0NOBODY", view=home())) == "user_not_found"


async def test_a_modal_cannot_be_published_as_a_home(client: AsyncWebClient):
    assert await refusal(client.views_publish(user_id="U0ANA", view=modal(section()))) == "invalid_arguments"

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_builders import (
    HandClock,
    actions,
    button,
    home,
    input_block,
    listening,
    modal,
    option,
    section,
    select,
    text_input,
)
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.simulator.slack import PersonRefusedError, SlackSimulator, running

MARKETING = "C0MARKETING"


async def test_a_slash_command_is_signed_and_its_answer_is_seen_by_the_person_only(sim: SlackSimulator, app: AsyncApp):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack: Any, body: Any):
        seen.update(body)
        await ack("Hello Ana")

    outcome = await sim.command("U0ANA", "C0MARKETING", "/campaign new  Spring sale")

    assert outcome.status == 200
    assert outcome.is_ok
    assert (seen["command"], seen["text"], seen["channel_name"]) == ("/campaign", "new  Spring sale", "marketing")
    assert [message.text for message in sim.ephemerals("U0ANA")] == ["Hello Ana"]
    assert sim.ephemerals("U0BRUNO") == []


async def test_a_modal_is_opened_filled_and_submitted_with_every_value(sim: SlackSimulator, app: AsyncApp):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        form = modal(
            input_block(text_input("name")),
            input_block(select("STRICT", "FALLBACK", action_id="policy", initial_option=option("STRICT"))),
            callback_id="campaign_new",
        )
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view("campaign_new")
    async def on_submit(ack: Any, view: Any):
        seen.update(view["state"]["values"])
        await ack()

    await sim.command("U0ANA", "C0MARKETING", "/campaign new")
    await sim.wait_for(lambda: sim.view("U0ANA"))
    outcome = await sim.submit("U0ANA", {"name": "Spring"})

    assert outcome.is_ok
    assert seen["name"]["name"] == {"type": "plain_text_input", "value": "Spring"}
    assert seen["policy"]["policy"]["selected_option"] == option("STRICT")
    assert sim.view("U0ANA") is None


async def test_a_click_on_a_message_carries_the_message_and_a_response_url_that_works(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = {}

    @app.action("approve")
    async def on_click(ack: Any, body: Any, respond: Any):
        await ack()
        seen.update(body)
        await respond("Approved by Bruno", replace_original=True)

    await client.chat_postMessage(
        channel="C0MARKETING", text="Card", blocks=[section(), actions(button("approve", value="42"))]
    )
    card = sim.messages("C0MARKETING")[-1]
    outcome = await sim.click("U0BRUNO", card, "approve")
    await sim.wait_for(lambda: card.text == "Approved by Bruno")

    assert outcome.is_ok
    assert seen["actions"][0]["value"] == "42"
    assert seen["message"]["ts"] == card.ts
    assert seen["user"]["id"] == "U0BRUNO"
    assert seen["container"]["channel_id"] == "C0MARKETING"
    assert len(card.versions) == 2


async def test_a_command_answer_may_be_a_message_for_everyone(sim: SlackSimulator, app: AsyncApp):
    @app.command("/campaign")
    async def on_command(ack: Any):
        await ack(text="Hello all", response_type="in_channel")

    await sim.command("U0ANA", MARKETING, "/campaign list")

    assert [message.text for message in sim.messages(MARKETING)] == ["Hello all"]


async def test_a_command_answer_with_broken_blocks_is_an_invalid_response(sim: SlackSimulator, app: AsyncApp):
    @app.command("/campaign")
    async def on_command(ack: Any):
        await ack(text="x", blocks=[section("")])

    outcome = await sim.command("U0ANA", MARKETING, "/campaign list")

    assert outcome.error == "invalid_command_response"
    assert "must be more than 0 characters" in outcome.detail
    assert sim.ephemerals("U0ANA") == []


async def test_a_command_nobody_acknowledges_times_out(sim: SlackSimulator, app: AsyncApp):
    sim.transport.ack_seconds = 0.05

    @app.command("/campaign")
    async def on_command():
        pass  # never acknowledges

    outcome = await sim.command("U0ANA", MARKETING, "/campaign list")

    assert outcome.error == "operation_timeout"
    assert outcome.status is None


async def test_a_command_the_app_does_not_know_fails(sim: SlackSimulator, app: AsyncApp):
    outcome = await sim.command("U0ANA", MARKETING, "/unheard")

    assert (outcome.status, outcome.error) == (404, "dispatch_failed")


async def test_without_an_app_every_action_fails(sim: SlackSimulator):
    outcome = await sim.command("U0ANA", MARKETING, "/campaign")

    assert outcome.error == "dispatch_failed"


@pytest.mark.parametrize(
    ("person", "channel", "line", "reason"),
    [
        ("U0NOBODY", MARKETING, "/campaign", "no person"),
        ("U0BOT", MARKETING, "/campaign", "no person"),
        ("U0ANA", "C0NOWHERE", "/campaign", "no channel"),
        ("U0ANA", MARKETING, "campaign", "not a slash command"),
        ("U0GUS", "C0APPROVALS", "/campaign", "cannot see"),
        ("U0GUS", "C0GENERAL", "/campaign", "cannot see"),
        ("U0EVE", "C0SHARED", "/campaign", "another workspace"),
        ("U0EVE", MARKETING, "/campaign", "cannot see"),
    ],
)
async def test_the_client_offers_a_command_only_where_it_exists(
    sim: SlackSimulator, person: str, channel: str, line: str, reason: str
):
    if person == "U0GUS":
        sim.workspace.channels[channel].members.discard(person)

    with pytest.raises(PersonRefusedError, match=reason):
        await sim.command(person, channel, line)


async def test_commands_are_refused_in_threads_in_archives_and_when_unknown(clock: HandClock):
    lonely = SlackSimulator(clock=clock, commands=["/campaign"])

    with pytest.raises(PersonRefusedError, match="not supported in threads"):
        await lonely.command("U0ANA", MARKETING, "/campaign", in_thread=True)
    with pytest.raises(PersonRefusedError, match="not a valid command"):
        await lonely.command("U0ANA", MARKETING, "/audience")
    lonely.archive(MARKETING)
    with pytest.raises(PersonRefusedError, match="archived"):
        await lonely.command("U0ANA", MARKETING, "/campaign")


async def test_a_forced_command_of_a_stranger_reaches_the_app_with_their_team(sim: SlackSimulator, app: AsyncApp):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack: Any, body: Any):
        seen.update(body)
        await ack()

    await sim.command("U0EVE", "C0SHARED", "/campaign list", force=True)

    assert (seen["user_id"], seen["team_id"]) == ("U0EVE", "T0OTHER")


async def post_card(client: AsyncWebClient, *elements: Any, channel: str = MARKETING):
    await client.chat_postMessage(channel=channel, text="Card", blocks=[section(), actions(*elements)])


async def test_a_button_that_is_gone_cannot_be_clicked_but_an_old_click_can_be_replayed(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = []

    @app.action("approve")
    async def on_click(ack: Any, body: Any):
        seen.append(body)
        await ack()

    await post_card(client, button("approve", value="v1"))
    card = sim.messages(MARKETING)[-1]
    await client.chat_update(channel=MARKETING, ts=card.ts, text="Approved", blocks=[section("Approved")])

    with pytest.raises(PersonRefusedError, match="no 'approve'"):
        await sim.click("U0BRUNO", card, "approve")
    await sim.click("U0BRUNO", card, "approve", stale_message=card.versions[0])

    assert seen[0]["actions"][0]["value"] == "v1"
    assert len(seen[0]["message"]["blocks"]) == 2


async def test_a_doubled_click_arrives_twice_with_different_triggers(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = []

    @app.action("approve")
    async def on_click(ack: Any, body: Any):
        seen.append((body["trigger_id"], body["actions"][0]["action_ts"]))
        await ack()

    await post_card(client, button("approve"))
    card = sim.messages(MARKETING)[-1]
    await asyncio.gather(sim.click("U0BRUNO", card, "approve"), sim.click("U0BRUNO", card, "approve"))

    assert len(set(seen)) == 2


async def test_a_select_on_a_message_carries_what_was_chosen(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = []

    @app.action("pick")
    async def on_choice(ack: Any, body: Any):
        seen.append(body["actions"][0]["selected_option"]["value"])
        await ack()

    await post_card(client, select("a", "b"))
    card = sim.messages(MARKETING)[-1]
    await sim.click("U0ANA", card, "pick", choice="b")

    assert seen == ["b"]
    with pytest.raises(PersonRefusedError, match="not offered"):
        await sim.click("U0ANA", card, "pick", choice="c")


async def test_an_external_select_on_a_message_takes_what_the_app_offered(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    @app.options("who")
    async def on_options(ack: Any):
        await ack(options=[option("vip")])

    @app.action("who")
    async def on_choice(ack: Any):
        await ack()

    who = {"type": "external_select", "action_id": "who", "min_query_length": 0}
    await post_card(client, who, channel="C0APPROVALS")
    card = sim.messages("C0APPROVALS")[-1]
    with pytest.raises(PersonRefusedError, match="cannot see"):
        await sim.options("U0EVE", card, "who")
    await sim.options("U0BRUNO", card, "who")
    outcome = await sim.click("U0BRUNO", card, "who", choice="vip")

    assert outcome.payload["actions"][0]["selected_option"] == option("vip")


async def test_an_overflow_menu_carries_what_was_chosen(sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient):
    @app.action("more")
    async def on_choice(ack: Any):
        await ack()

    menu = {"type": "overflow", "action_id": "more", "options": [option("edit"), option("copy")]}
    await client.chat_postMessage(channel=MARKETING, text="Card", blocks=[section(accessory=menu)])
    outcome = await sim.click("U0ANA", sim.messages(MARKETING)[-1], "more", choice="copy")

    assert outcome.payload["actions"][0]["selected_option"] == option("copy")


async def test_a_click_names_one_element_only(sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient):
    twice = [actions(button("open", value="1"), block_id="one"), actions(button("open", value="2"), block_id="two")]
    await client.chat_postMessage(channel=MARKETING, text="List", blocks=twice)
    card = sim.messages(MARKETING)[-1]

    with pytest.raises(PersonRefusedError, match="say which block_id"):
        await sim.click("U0ANA", card, "open")
    outcome = await sim.click("U0ANA", card, "open", block_id="two")

    assert outcome.payload["actions"][0]["value"] == "2"


async def test_a_button_offers_nothing_to_choose(sim: SlackSimulator, client: AsyncWebClient):
    await post_card(client, button("go"))

    with pytest.raises(PersonRefusedError, match="nothing to choose"):
        await sim.click("U0ANA", sim.messages(MARKETING)[-1], "go", choice="x")


async def test_a_stranger_in_a_shared_channel_clicks_with_their_own_team(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = {}

    @app.action("approve")
    async def on_click(ack: Any, body: Any):
        seen.update(body)
        await ack()

    await post_card(client, button("approve"), channel="C0SHARED")
    await sim.click("U0EVE", sim.messages("C0SHARED")[-1], "approve")

    assert seen["user"]["team_id"] == "T0OTHER"
    assert seen["team"]["id"] == "T0ARAUTO"


async def test_nobody_clicks_what_they_cannot_see(sim: SlackSimulator, client: AsyncWebClient):
    await post_card(client, button("approve"), channel="C0APPROVALS")
    card = sim.messages("C0APPROVALS")[-1]

    with pytest.raises(PersonRefusedError, match="cannot see"):
        await sim.click("U0GUS", card, "approve")
    with pytest.raises(PersonRefusedError, match="cannot see"):
        await sim.click("U0EVE", card, "approve")
    sim.invite("C0APPROVALS", "U0EVE")
    assert sim.workspace.channels["C0APPROVALS"].is_ext_shared
    await client.chat_delete(channel="C0APPROVALS", ts=card.ts)
    with pytest.raises(PersonRefusedError, match="was deleted"):
        await sim.click("U0BRUNO", card, "approve")


async def test_an_ephemeral_is_clicked_by_its_reader_only_and_shows_no_message(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    blocks = [actions(button("undo"))]
    await client.chat_postEphemeral(channel=MARKETING, user="U0ANA", text="Undo?", blocks=blocks)
    message = sim.ephemerals("U0ANA")[-1]

    with pytest.raises(PersonRefusedError, match="cannot see this ephemeral"):
        await sim.click("U0BRUNO", message, "undo")
    outcome = await sim.click("U0ANA", message, "undo")

    assert "message" not in outcome.payload
    assert outcome.payload["container"]["is_ephemeral"] is True


async def test_a_modal_of_somebody_else_cannot_be_touched(sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient):
    @app.shortcut("new")
    async def on_shortcut(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(actions(button("go"))))

    await sim.shortcut("U0ANA", "new")
    view = await sim.wait_for(lambda: sim.view("U0ANA"))

    with pytest.raises(PersonRefusedError, match="not in front of U0BRUNO"):
        await sim.click("U0BRUNO", view, "go")


async def test_a_message_shortcut_carries_the_message_and_a_way_to_answer(
    sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient
):
    seen = {}

    @app.shortcut("report")
    async def on_shortcut(ack: Any, body: Any, respond: Any):
        seen.update(body)
        await ack()
        await respond("Here it is")

    card = await sim.say("U0BRUNO", MARKETING, "How did it go?")
    await sim.message_shortcut("U0ANA", "report", card)
    await sim.wait_for(lambda: sim.ephemerals("U0ANA"))

    assert (seen["type"], seen["message"]["text"], seen["message_ts"]) == ("message_action", "How did it go?", card.ts)
    assert sim.text(sim.ephemerals("U0ANA")[-1]) == "Here it is"


async def test_a_message_shortcut_on_a_file_shows_the_file(sim: SlackSimulator, app: AsyncApp):
    @app.shortcut("import")
    async def on_shortcut(ack: Any):
        await ack()

    people = sim.upload("U0ANA", "people.csv", b"phone\n")
    shared = await sim.say("U0ANA", MARKETING, "The list", file_ids=[people.id])
    outcome = await sim.message_shortcut("U0ANA", "import", shared)

    assert [file["name"] for file in outcome.payload["message"]["files"]] == ["people.csv"]


async def test_opening_the_home_lets_the_app_publish_and_its_buttons_work(sim: SlackSimulator, app: AsyncApp):
    seen = []

    @app.event("app_home_opened")
    async def on_home(event: Any, client: AsyncWebClient):
        await client.views_publish(user_id=event["user"], view=home(section("My campaigns"), actions(button("new"))))

    @app.action("new")
    async def on_click(ack: Any, body: Any):
        seen.append(body["view"]["type"])
        await ack()

    await sim.open_home("U0ANA")
    view = await sim.wait_for(lambda: sim.home("U0ANA"))
    await sim.click("U0ANA", view, "new")
    again = await sim.open_home("U0ANA")

    assert sim.text(view) == "My campaigns\n[Go]"
    assert seen == ["home"]
    assert again.payload["event"]["view"]["id"] == view.id


async def test_a_forged_signature_and_an_old_timestamp_are_turned_away(sim: SlackSimulator, app: AsyncApp):
    @app.command("/campaign")
    async def on_command(ack: Any):
        await ack()

    sim.faults.forge_signature = True
    forged = await sim.command("U0ANA", MARKETING, "/campaign")
    sim.faults.forge_signature = False
    sim.faults.timestamp_offset = -301
    old = await sim.command("U0ANA", MARKETING, "/campaign")

    assert (forged.status, old.status) == (401, 401)
    assert forged.error == "dispatch_failed"


async def record_deliveries(sim: SlackSimulator, statuses: list[int], headers: Any = None):
    """Serve an app that answers events with these statuses in turn; returns the retry numbers it saw."""
    seen = []

    async def receive(request: Request):
        seen.append((request.headers.get("x-slack-retry-num"), request.headers.get("x-slack-retry-reason")))
        return PlainTextResponse("", statuses[min(len(seen), len(statuses)) - 1], headers)

    return seen, Starlette(routes=[Route("/slack/events", receive, methods=["POST"])])


async def test_a_failed_event_is_retried_three_times_with_its_number_and_reason(sim: SlackSimulator):
    seen, receiver = await record_deliveries(sim, [500])
    async with listening(receiver) as url:
        sim.transport.request_url = f"{url}/slack/events"
        outcome = await sim.event({"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}})
        await sim.settle()

    assert seen == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert outcome.error == "dispatch_failed"


async def test_a_retry_that_succeeds_is_the_last(sim: SlackSimulator):
    seen, receiver = await record_deliveries(sim, [500, 200])
    async with listening(receiver) as url:
        sim.transport.request_url = f"{url}/slack/events"
        outcome = await sim.event({"type": "app_home_opened", "user": "U0ANA", "tab": "home"})
        await sim.settle()

    assert len(seen) == 2
    assert outcome.is_ok


async def test_an_app_may_forbid_retries(sim: SlackSimulator):
    seen, receiver = await record_deliveries(sim, [500], {"X-Slack-No-Retry": "1"})
    async with listening(receiver) as url:
        sim.transport.request_url = f"{url}/slack/events"
        await sim.event({"type": "app_home_opened", "user": "U0ANA", "tab": "home"})
        await sim.settle()

    assert len(seen) == 1


async def test_stopping_gives_up_on_pending_retries(clock: HandClock):
    sim = SlackSimulator(clock=clock, retry_delays=(3600.0,))
    async with running(sim):
        outcome = await sim.event({"type": "app_home_opened", "user": "U0ANA", "tab": "home"})

    assert len(outcome.attempts) == 1

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_builders import HandClock, actions, button, section
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.simulator.slack import SlackSimulator

MARKETING = "C0MARKETING"


@pytest.fixture
async def webhook(sim: SlackSimulator, app: AsyncApp):
    """The response_url of a command Ana typed in C0MARKETING."""

    @app.command("/campaign")
    async def on_command(ack: Any):
        await ack()

    outcome = await sim.command("U0ANA", MARKETING, "/campaign")
    return AsyncWebhookClient(outcome.payload["response_url"])


async def test_an_answer_is_for_the_person_unless_it_is_for_the_channel(
    sim: SlackSimulator, webhook: AsyncWebhookClient
):
    whispered = await webhook.send(text="only you")
    await webhook.send(text="everybody", response_type="in_channel")

    assert (whispered.status_code, whispered.body) == (200, "ok")
    assert [message.text for message in sim.ephemerals("U0ANA")] == ["only you"]
    assert [message.text for message in sim.messages(MARKETING)] == ["everybody"]


async def test_the_sixth_answer_is_refused(sim: SlackSimulator, webhook: AsyncWebhookClient):
    for number in range(5):
        await webhook.send(text=f"{number}")

    sixth = await webhook.send(text="too much")

    assert sixth.status_code == 404
    assert "used_url" in sixth.body
    assert len(sim.ephemerals("U0ANA")) == 5


async def test_an_answer_after_thirty_minutes_is_refused(
    sim: SlackSimulator, webhook: AsyncWebhookClient, clock: HandClock
):
    clock.advance(30 * 60)
    in_time = await webhook.send(text="just in time")
    clock.advance(1)
    late = await webhook.send(text="too late")

    assert in_time.status_code == 200
    assert late.status_code == 404
    assert "expired_url" in late.body


async def test_an_invented_address_is_refused(sim: SlackSimulator):
    answer = await AsyncWebhookClient(f"{sim.url}/actions/T0ARAUTO/r0").send(text="x")

    assert answer.status_code == 404


async def test_broken_blocks_are_refused(sim: SlackSimulator, webhook: AsyncWebhookClient):
    answer = await webhook.send(text="x", blocks=[section("")])

    assert answer.status_code == 400
    assert "invalid_blocks" in answer.body
    assert sim.ephemerals("U0ANA") == []


async def clicked(sim: SlackSimulator, client: AsyncWebClient, app: AsyncApp):
    @app.action("go")
    async def on_click(ack: Any):
        await ack()

    await client.chat_postMessage(channel=MARKETING, text="Card", blocks=[actions(button())])
    card = sim.messages(MARKETING)[-1]
    outcome = await sim.click("U0ANA", card, "go")
    return card, AsyncWebhookClient(outcome.payload["response_url"])


async def test_the_clicked_message_may_be_replaced(sim: SlackSimulator, client: AsyncWebClient, app: AsyncApp):
    card, webhook = await clicked(sim, client, app)

    await webhook.send(text="Done", replace_original=True)

    assert (card.text, card.blocks) == ("Done", [])
    assert len(card.versions) == 2


async def test_the_clicked_message_may_be_deleted(sim: SlackSimulator, client: AsyncWebClient, app: AsyncApp):
    _, webhook = await clicked(sim, client, app)

    await webhook.send(delete_original=True)

    assert sim.messages(MARKETING) == []


async def test_without_a_wish_the_clicked_message_stays(sim: SlackSimulator, client: AsyncWebClient, app: AsyncApp):
    card, webhook = await clicked(sim, client, app)

    await webhook.send(text="Only you")

    assert card.text == "Card"
    assert [message.text for message in sim.ephemerals("U0ANA")] == ["Only you"]

from slack_builders import actions, button, input_block, modal, option, section, select, text_input


async def test_a_slash_command_is_signed_and_its_answer_is_seen_by_the_person_only(sim, app):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack, body):
        seen.update(body)
        await ack("Hello Ana")

    outcome = await sim.command("U0ANA", "C0MARKETING", "/campaign new  Spring sale")

    assert outcome.status == 200
    assert outcome.is_ok
    assert (seen["command"], seen["text"], seen["channel_name"]) == ("/campaign", "new  Spring sale", "marketing")
    assert [message.text for message in sim.ephemerals("U0ANA")] == ["Hello Ana"]
    assert sim.ephemerals("U0BRUNO") == []


async def test_a_modal_is_opened_filled_and_submitted_with_every_value(sim, app):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack, body, client):
        await ack()
        form = modal(
            input_block(text_input("name")),
            input_block(select("STRICT", "FALLBACK", action_id="policy", initial_option=option("STRICT"))),
            callback_id="campaign_new",
        )
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view("campaign_new")
    async def on_submit(ack, view):
        seen.update(view["state"]["values"])
        await ack()

    await sim.command("U0ANA", "C0MARKETING", "/campaign new")
    await sim.wait_for(lambda: sim.view("U0ANA"))
    outcome = await sim.submit("U0ANA", {"name": "Spring"})

    assert outcome.is_ok
    assert seen["name"]["name"] == {"type": "plain_text_input", "value": "Spring"}
    assert seen["policy"]["policy"]["selected_option"] == option("STRICT")
    assert sim.view("U0ANA") is None


async def test_a_click_on_a_message_carries_the_message_and_a_response_url_that_works(sim, app, client):
    seen = {}

    @app.action("approve")
    async def on_click(ack, body, respond):
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

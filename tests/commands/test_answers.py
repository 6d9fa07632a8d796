"""Answers find the person by another way when the first one is closed, and late ones do no harm."""

from tests.commands.office import CHANNEL, MARKETER, Office


async def test_an_answer_arrives_even_if_its_own_address_is_dead(office: Office):
    card = await office.proposed()
    await office.refused_click(MARKETER, card, "campaign_approve")
    outcome = office.sim.outcomes[-1]
    before = len(office.sim.ephemerals(MARKETER))

    await office.send_again(outcome, response_url="http://127.0.0.1:9/actions/gone")

    await office.sim.wait_for(lambda: len(office.sim.ephemerals(MARKETER)) > before)
    assert "Only approvers" in office.sim.text(office.sim.ephemerals(MARKETER)[-1])


async def test_an_answer_is_given_at_once_in_the_answer_to_the_command(office: Office):
    outcome = await office.type("/campaign list")

    assert outcome.body["response_type"] == "ephemeral"
    assert office.sim.messages(CHANNEL) == []


async def test_a_late_choice_of_a_template_does_not_undo_a_newer_one(office: Office):
    await office.put_template(id="900500", name="newer", components=({"type": "BODY", "text": "The newer text"},))
    await office.fill_campaign()
    late = next(one for one in office.sim.outcomes if one.kind == "block_actions")
    shown = office.sim.view(MARKETER).hash
    await office.sim.fill(MARKETER, {"template": "900500"})
    await office.sim.wait_for(lambda: office.sim.view(MARKETER).hash != shown)

    await office.send_again(late)

    await office.sim.wait_for(lambda: [call for call in office.sim.calls if call.method == "views.update"][2:])
    assert "The newer text" in office.sim.text(office.sim.view(MARKETER))


async def test_an_expired_trigger_is_explained_instead_of_lost(office: Office):
    await office.type("/campaign new")
    await office.modal(MARKETER, "campaign_new")
    outcome = office.sim.outcomes[-1]

    await office.send_again(outcome)

    assert "That took too long" in await office.told(MARKETER, "That took too long")


async def test_the_message_shortcut_opens_the_modal(office: Office):
    card = await office.proposed()

    await office.sim.message_shortcut("U0BRUNO", "campaign_from_message", card)

    assert "New campaign" in await office.modal("U0BRUNO", "campaign_new")

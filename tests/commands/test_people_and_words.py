"""Who may speak to the bot, and what it answers to words it does not know."""

import pytest

from bot.domain.campaign import CampaignState
from tests.commands.office import APPROVALS, APPROVER, CHANNEL, GUEST, MARKETER, STRANGER, Office, a_roster, an_office

COMMANDS = ("/campaign", "/audience", "/templates", "/optins", "/digest")


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_answers_help(office: Office, command: str):
    answer = await office.answer(f"{command} help")

    assert f"{command} " in answer
    assert "help" in answer


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("/campaign stats 7Q2K", "/campaign status"),
        ("/audience previews Everybody", "/audience preview"),
        ("/optins imprt", "/optins import"),
        ("/digest dayly 09:00", "/digest daily"),
        ("/campaign frobnicate", "/campaign help"),
    ],
)
async def test_an_unknown_word_is_answered_with_the_closest_one(office: Office, line: str, advice: str):
    answer = await office.answer(line)

    assert "does not know" in answer
    assert advice in answer


@pytest.mark.parametrize(
    "line", ["/campaign new", "/campaign list", "/templates", "/optins import", "/digest help", "/campaign x"]
)
async def test_somebody_of_another_team_is_refused_and_on_record(office: Office, line: str):
    answer = await office.answer(line, user=STRANGER, channel="C0SHARED")

    denied = await office.denials()
    assert "another workspace" in answer
    assert [(entry.actor, entry.detail["team"]) for entry in denied] == [(STRANGER, "T0OTHER")]


async def test_somebody_of_another_team_is_refused_even_if_listed(tmp_path):
    async with an_office(tmp_path, roster=a_roster(approvers=(STRANGER,), admins=(STRANGER,))) as office:
        office.sim.invite(APPROVALS, STRANGER)
        card = await office.proposed()

        answer = await office.refused_click(STRANGER, card, "campaign_approve")

        assert "another workspace" in answer
        assert (await office.campaign()).state is CampaignState.IN_REVIEW


async def test_a_stranger_whose_payload_claims_our_team_is_refused_by_what_slack_says(office: Office):
    await office.answer("/campaign list")
    outcome = office.sim.outcomes[-1]

    answer = await office.send_again(outcome, user_id=STRANGER)

    assert "another workspace" in str(answer)


async def test_a_guest_is_no_marketer_unless_listed(tmp_path):
    async with an_office(tmp_path) as office:
        refused = await office.answer("/campaign new", user=GUEST)
    (tmp_path / "second").mkdir()
    async with an_office(tmp_path / "second", roster=a_roster(marketers=(GUEST,))) as office:
        await office.type("/campaign new", user=GUEST)
        modal = await office.modal(GUEST, "campaign_new")

    assert "Only marketers" in refused
    assert "New campaign" in modal


async def test_members_of_a_listed_group_have_its_role(tmp_path):
    async with an_office(tmp_path, roster=a_roster(marketers=("S0MANAGERS",))) as office:
        refused = await office.answer("/campaign new", user=MARKETER)
        await office.type("/campaign new", user=APPROVER)
        modal = await office.modal(APPROVER, "campaign_new")

    assert "Only marketers" in refused
    assert "New campaign" in modal


async def test_nobody_passes_while_slack_does_not_say_who_they_are(office: Office):
    office.sim.faults.refuse("users.info", "internal_error", times=5)

    answer = await office.answer("/campaign list")

    assert "Slack does not say who you are" in answer


async def test_an_error_of_ours_shows_a_reference_and_no_detail(office: Office, caplog: pytest.LogCaptureFixture):
    await office.store.close()

    answer = await office.answer("/campaign list")

    logged = next(record for record in caplog.records if "reference" in record.message)
    reference = logged.message.rsplit("reference ", 1)[1].rstrip(".")
    assert reference in answer
    assert "Traceback" not in answer


async def test_the_shortcuts_open_their_modals(office: Office):
    await office.sim.shortcut(MARKETER, "campaign_new_shortcut")
    campaign = await office.modal(MARKETER, "campaign_new")
    await office.sim.close(MARKETER)
    await office.sim.shortcut(MARKETER, "optins_import_shortcut")
    optins = await office.modal(MARKETER, "optins_import")

    assert "New campaign" in campaign
    assert "Import opt-ins" in optins


async def test_a_guest_who_uses_a_shortcut_is_told_in_a_modal(office: Office):
    await office.sim.shortcut(GUEST, "campaign_new_shortcut")

    assert "Only marketers" in await office.modal(GUEST, "notice")


async def test_the_home_shows_what_waits_for_whom(office: Office):
    await office.proposed()

    for user in (MARKETER, APPROVER):
        await office.sim.open_home(user)
        await office.sim.wait_for(lambda one=user: office.sim.home(one))

    mine, theirs = (office.sim.text(office.sim.home(user)) for user in (MARKETER, APPROVER))
    assert "Nothing waits for you." in mine
    assert "Spring offer" in mine.split("My campaigns")[1]
    assert "Spring offer" in theirs.split("My campaigns")[0]


async def test_people_without_a_role_get_no_home(office: Office):
    for user in (GUEST, STRANGER, MARKETER):
        await office.sim.open_home(user)
    await office.sim.wait_for(lambda: office.sim.home(MARKETER))

    assert office.sim.home(GUEST) is None
    assert office.sim.home(STRANGER) is None


async def test_templates_say_why_one_cannot_be_sent(office: Office):
    await office.put_template(id="900400", name="spring_login", category="AUTHENTICATION")

    answer = await office.answer("/templates spring")

    assert "spring_offer" in answer
    assert "authentication" in answer
    assert "sync" in office.bells.rung


async def test_a_digest_is_scheduled_listed_posted_and_switched_off(office: Office):
    made = await office.answer("/digest daily 9:05 Europe/Lisbon")
    listed = await office.answer("/digest list")
    await office.type("/digest now")
    await office.work()
    off = await office.answer("/digest off")

    schedules = await office.store.read(lambda tx: list(tx.digests.list(CHANNEL)))
    assert "09:05" in made
    assert "Europe/Lisbon" in listed
    assert "digest" in office.sim.text(office.sim.messages(CHANNEL)[-1])
    assert "no digest any more" in off
    assert schedules == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/digest daily", "At what time"),
        ("/digest daily 25:00", "not a time of day"),
        ("/digest weekly 09:00 Lisboa", "not a time zone"),
    ],
)
async def test_a_digest_that_cannot_be_read_is_refused_in_one_sentence(office: Office, line: str, words: str):
    answer = await office.answer(line)

    assert words in answer


async def test_a_digest_is_not_posted_where_others_would_read_it(office: Office):
    answer = await office.answer("/digest daily 09:00", channel="C0SHARED")

    assert "shared with another company" in answer

"""What happens on the way: changes asked for, times that do not fit, tests, pauses, stops, and bad news from Meta."""

import re

from tests.stories.town import ANA, APPROVALS, BRUNO, CARLA, MARKETING, TESTER, Town, a_town, succeeded

#: Slow enough to interfere: one message a second.
SLOWLY = {"ARAUTO_MAX_MPS": "1"}


def seconds(town: Town, hours: float) -> int:
    """Give an instant from now on as Slack's pickers do."""
    return int(town.world.clock.now() / 1_000 + hours * 3_600)


async def test_changes_asked_for_lead_to_a_new_card_and_the_old_one_decides_nothing():
    async with a_town() as town:
        first = await town.propose("Spring sale")
        await town.click(BRUNO, first, "campaign_request_changes")
        await town.until(lambda: town.slack.view(BRUNO), "the reason is asked for")
        succeeded(await town.submit(BRUNO, {"reason": "Call it autumn"}))
        asked = await town.told(ANA, "Call it autumn")
        token = re.search(r"/campaign edit (\w+)", asked)
        assert token is not None
        await town.open(token.group())
        succeeded(await town.submit(ANA, {"name": "Autumn sale"}))

        second = await town.approval_card("Autumn sale")
        differences = town.slack.text(second)
        await town.approve(second)
        card = await town.shows("Autumn sale", "Finished sending")

    assert re.search(r"Sent\D*5\b", card)
    assert re.search(r"(?s)Changed since the last card.*Name: Spring sale → \W*Autumn sale", differences)
    assert len(town.slack.messages(APPROVALS)) == 1


async def test_times_that_do_not_fit_are_said_at_their_fields_and_the_form_stays():
    async with a_town() as town:
        past = await town.describe("Spring sale", schedule=seconds(town, -1))
        too_soon = await town.submit(ANA, {"schedule": None, "offer_ends": seconds(town, 2), "ttl": "43200"})
        fits = await town.submit(ANA, {"offer_ends": seconds(town, 24)})

    assert list(past.errors) == ["schedule"]
    assert list(too_soon.errors) == ["offer_ends"]
    assert fits.is_ok


async def test_a_test_send_reaches_the_tester_and_nobody_s_figures():
    async with a_town() as town:
        card = await town.propose("Spring sale")
        await town.click(ANA, card, "campaign_test_send")
        told = await town.told(ANA, "Meta accepted it")
        after_test = town.messages_per_phone()
        await town.approve(card)
        live = await town.shows("Spring sale", "Finished sending")

    assert after_test == {TESTER: 1}
    assert TESTER not in told
    assert re.search(r"Sent\D*5\b", live)


async def test_pause_resume_and_cancel_by_button_stop_the_very_next_message():
    async with a_town(people=20, **SLOWLY) as town:
        card = await town.started("Spring sale")
        await town.phones_reached(1)
        await town.click(ANA, card, "campaign_pause")
        await town.refreshed("Spring sale", "Paused")
        paused_at = len(town.messages_per_phone())
        await town.click(ANA, card, "campaign_resume")
        await town.phones_reached(paused_at + 1)
        await town.click(ANA, card, "campaign_cancel")
        final = await town.refreshed("Spring sale", "Cancelled")
        await town.shows("Spring sale", r"Skipped\D*1\d\b")

    assert 1 <= paused_at < 20
    assert len(town.messages_per_phone()) < 20
    assert "Cancelled" in final


async def test_an_admin_stops_everything():
    async with a_town(people=20, **SLOWLY) as town:
        await town.started("Spring sale")
        await town.phones_reached(1)

        await town.type("/campaign stop-all", CARLA)
        await town.refreshed("Spring sale", "Paused")
        stopped_at = len(town.messages_per_phone())
        await town.type("/campaign stop-all", CARLA)
        await town.told(CARLA, "Nothing was sending")

    assert len(town.messages_per_phone()) == stopped_at < 20


async def test_whoever_writes_stop_between_approval_and_dispatch_gets_nothing():
    async with a_town(people=3) as town:
        await town.approve(await town.propose("Spring sale", schedule=seconds(town, 2)))
        await town.live_card("Spring sale")
        town.meta.say("+447700900002", "Stop!")
        await town.meta.settle(30)
        town.world.advance(2 * 3_600)
        card = await town.shows("Spring sale", "Finished sending")

    assert town.messages_per_phone() == {"+447700900001": 1, "+447700900003": 1}
    assert re.search(r"Skipped\D*1\b", card)


async def test_whoever_has_a_username_and_writes_stop_gets_nothing_more():
    """Meta shows no number of theirs, neither in statuses nor when they write."""
    hidden = "+447700900002"
    async with a_town(people=3) as town:
        town.meta.person(hidden, hidden=True)
        await town.approve(await town.propose("Spring sale"))
        await town.shows("Spring sale", "Finished sending")
        await town.meta.settle(60)
        town.meta.say(hidden, "Stop!")
        await town.meta.settle(30)
        await town.approve(await town.propose("Autumn sale"))
        await town.shows("Autumn sale", "Finished sending")

    assert town.messages_per_phone() == {"+447700900001": 2, hidden: 1, "+447700900003": 2}


async def test_a_template_paused_by_meta_pauses_what_sends_with_it():
    async with a_town(people=20, **SLOWLY) as town:
        card = await town.started("Spring sale")
        await town.phones_reached(1)

        town.meta.events.template_status("plain_hello", "PAUSED", "LOW_QUALITY")
        await town.shows("Spring sale", "Paused")
        await town.click(ANA, card, "campaign_resume")
        refused = await town.told(ANA, "cannot go on")
        town.meta.events.template_status("plain_hello", "UNPAUSE")
        await town.click(ANA, card, "campaign_resume")
        await town.shows("Spring sale", "Sending")

    assert "paused" in refused


async def test_a_digest_on_request_tells_the_channel_what_was_sent():
    async with a_town() as town:
        await town.approve(await town.propose("Spring sale"))
        await town.shows("Spring sale", "Finished sending")

        await town.type("/digest now")
        digest = await town.in_channel(r"(?is)(digest|figures|today).*Spring sale")

    assert "5" in digest


async def test_the_app_home_shows_mine_and_what_waits_for_me():
    async with a_town() as town:
        await town.propose("Spring sale")
        homes = {}

        for user in (ANA, BRUNO):
            await town.slack.open_home(user)
            home = await town.until(lambda who=user: town.slack.home(who), f"{user} sees a home")
            homes[user] = town.slack.text(home)

    assert all("Spring sale" in text for text in homes.values())
    assert homes[ANA] != homes[BRUNO]


async def test_everything_works_over_socket_mode_as_well():
    async with a_town(SLACK_APP_TOKEN="xapp-simulated") as town:
        await town.approve(await town.propose("Spring sale"))
        card = await town.shows("Spring sale", "Finished sending")

    assert re.search(r"Sent\D*5\b", card)
    assert len(town.slack.messages(MARKETING)) >= 1

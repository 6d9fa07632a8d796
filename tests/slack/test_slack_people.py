"""Who somebody is, asked of Slack and believed for a minute."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.instants import MINUTE
from bot.ports.chat import ChatBusyError, ChatGoneError
from bot.slack.chat import web_client
from bot.slack.people import SlackPeople
from tests.slack.fake_slack import FakeSlack, error, fake_slack, ok


class ClockByHand:
    def __init__(self) -> None:
        self.time = 1_000_000

    def now(self) -> int:
        return self.time


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as fake:
        yield fake


def some_people(slack: FakeSlack, clock: ClockByHand | None = None) -> SlackPeople:
    return SlackPeople(web_client("xoxb-test", f"{slack.url}/api"), clock or ClockByHand())


def an_account(**parts: Any) -> dict[str, Any]:
    return {
        "id": "U0ANA",
        "team_id": "T0ARAUTO",
        "tz": "America/Sao_Paulo",
        "profile": {"display_name": "Ana"},
        **parts,
    }


async def test_a_user_has_team_name_and_time_zone(slack: FakeSlack):
    slack.says("users.info", ok(user=an_account()))

    user = await some_people(slack).user("U0ANA")

    assert (user.id, user.team, user.name, user.zone) == ("U0ANA", "T0ARAUTO", "Ana", "America/Sao_Paulo")
    assert user.is_full_member


@pytest.mark.parametrize("mark", ["is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted"])
async def test_guests_strangers_bots_and_leavers_are_no_full_members(slack: FakeSlack, mark: str):
    slack.says("users.info", ok(user=an_account(**{mark: True})))

    user = await some_people(slack).user("U0ANA")

    assert not user.is_full_member


async def test_an_answer_about_a_user_is_believed_for_a_minute(slack: FakeSlack):
    clock = ClockByHand()
    people = some_people(slack, clock)
    slack.says("users.info", ok(user=an_account()))

    await people.user("U0ANA")
    clock.time += MINUTE - 1
    await people.user("U0ANA")
    before = len(slack.calls)
    clock.time += 1
    await people.user("U0ANA")

    assert (before, len(slack.calls)) == (1, 2)


async def test_a_member_of_a_group_is_found_and_others_are_not(slack: FakeSlack):
    people = some_people(slack)
    slack.says("usergroups.users.list", ok(users=["U0BRUNO"]))

    found = [await people.is_member_of_group("S0MANAGERS", user) for user in ("U0BRUNO", "U0ANA")]

    assert found == [True, False]
    assert len(slack.calls) == 1


async def test_somebody_taken_out_of_a_group_loses_it_within_a_minute(slack: FakeSlack):
    clock = ClockByHand()
    people = some_people(slack, clock)
    slack.says("usergroups.users.list", ok(users=["U0BRUNO"]), ok(users=[]))

    before = await people.is_member_of_group("S0MANAGERS", "U0BRUNO")
    clock.time += MINUTE
    after = await people.is_member_of_group("S0MANAGERS", "U0BRUNO")

    assert (before, after) == (True, False)


async def test_a_group_that_is_not_there_has_no_members(slack: FakeSlack):
    slack.says("usergroups.users.list", error("no_such_subteam"))

    assert not await some_people(slack).is_member_of_group("S0GONE", "U0BRUNO")


async def test_no_answer_never_counts_as_membership(slack: FakeSlack):
    slack.says("usergroups.users.list", error("ratelimited", status=429))

    with pytest.raises(ChatBusyError):
        await some_people(slack).is_member_of_group("S0MANAGERS", "U0BRUNO")


async def test_an_unknown_user_is_gone(slack: FakeSlack):
    slack.says("users.info", error("user_not_found"))

    with pytest.raises(ChatGoneError):
        await some_people(slack).user("U0NOBODY")

"""The link to Slack goes on trying, says so meanwhile, and lets nothing else wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.runtime.slacklink import SlackLink
from bot.slack.chat import web_client
from tests.runtime.served import served
from tests.slack.fake_slack import FakeSlack, error, fake_slack, ok


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as fake:
        yield fake


def link_to(slack: FakeSlack, teams: list[str], *, app_token: str | None = None) -> SlackLink:
    client = web_client("xoxb-test", f"{slack.url}/api/")

    def build(team: str) -> AsyncApp:
        teams.append(team)
        return AsyncApp(client=client, signing_secret="signing-secret")

    return SlackLink(client, build, app_token=app_token)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("it did not happen")


async def ask(link: SlackLink) -> int:
    app = web.Application()
    app.router.add_post("/slack/events", link.handle)
    async with served(app) as http:
        return (await http.post("/slack/events", content=b"x=1")).status_code


async def test_the_app_is_built_for_the_workspace_that_answers(slack: FakeSlack):
    slack.says("auth.test", ok(team_id="T0TEAM", user_id="U0BOT", bot_id="B0BOT"))
    teams: list[str] = []
    link = link_to(slack, teams)

    async with link.connected():
        await until(lambda: link.trouble is None)

    assert (teams, link.is_socket) == (["T0TEAM"], False)


async def test_slack_being_away_at_the_start_is_said_and_tried_again(slack: FakeSlack):
    answer = ok(team_id="T0TEAM", user_id="U0BOT", bot_id="B0BOT")
    slack.says("auth.test", error("internal_error", status=503), answer)
    teams: list[str] = []
    link = link_to(slack, teams)
    before = link.trouble

    async with link.connected():
        await until(lambda: "does not answer" in (link.trouble or ""))
        meanwhile = await ask(link)
        await until(lambda: link.trouble is None)

    assert before == "Slack has not answered yet"
    assert (meanwhile, teams) == (503, ["T0TEAM"])


async def test_a_refused_token_names_its_setting(slack: FakeSlack):
    slack.says("auth.test", error("invalid_auth"))
    link = link_to(slack, [])

    async with link.connected():
        await until(lambda: "SLACK_BOT_TOKEN" in (link.trouble or ""))

    assert "invalid_auth" in (link.trouble or "")


async def test_once_linked_an_unsigned_request_is_refused(slack: FakeSlack):
    slack.says("auth.test", ok(team_id="T0TEAM", user_id="U0BOT", bot_id="B0BOT"))
    link = link_to(slack, [])

    async with link.connected():
        await until(lambda: link.trouble is None)
        answer = await ask(link)

    assert answer == 401


async def test_a_refused_socket_is_said(slack: FakeSlack):
    slack.says("auth.test", ok(team_id="T0TEAM", user_id="U0BOT", bot_id="B0BOT"))
    slack.says("apps.connections.open", error("not_allowed_token_type"))
    link = link_to(slack, [], app_token="xapp-test")

    async with link.connected():
        await until(lambda: "check SLACK_APP_TOKEN" in (link.trouble or ""))

    assert link.is_socket

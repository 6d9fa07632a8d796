"""The playground without a browser: its paths, and that it offers the commands and shortcuts there are."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import httpx
import pytest
import yaml
from starlette.applications import Starlette

from bot.simulator.meta import MetaSimulator
from bot.simulator.playground import PATH, routes
from bot.simulator.playground.pages import STATIC
from bot.simulator.slack import SlackSimulator
from bot.slack.views.help import HELP

PHONE = "+447700900123"


@dataclass
class Door:
    """The paths, asked directly; `speeds` is what the world was told about time."""

    slack: SlackSimulator
    meta: MetaSimulator
    http: httpx.AsyncClient
    speeds: list[float] = field(default_factory=list)

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.http.post(f"{PATH}{path}", json=body)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    slack, meta, speeds = SlackSimulator(), MetaSimulator(), []
    app = Starlette(routes=routes(slack, meta, on_speed=speeds.append, phones=[PHONE]))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://playground") as http:
        yield Door(slack, meta, http, speeds)


async def test_the_root_leads_to_the_page_which_allows_no_other_host(door: Door):
    answer = await door.http.get("/", follow_redirects=True)

    assert "Arauto playground" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_every_file_the_page_names_is_served(door: Door):
    page = (await door.http.get(PATH)).text

    named = [part.split('"')[0] for part in page.split('="')[1:] if part.startswith(PATH)]
    found = [(await door.http.get(path)).status_code for path in named]

    assert len(named) == 2
    assert found == [200, 200]


async def test_a_phone_is_offered_before_it_has_received_anything(door: Door):
    answer = await door.http.get(f"{PATH}/phones")

    assert answer.json()["phones"] == [{"phone": PHONE, "messages": 0}]


async def test_what_was_written_by_hand_shows_in_the_chat_and_reaches_meta(door: Door):
    answer = await door.post(f"/phones/{PHONE}/say", text="STOP")

    chat = (await door.http.get(f"{PATH}/phones/{PHONE}")).json()["chat"]
    assert answer.status_code == 200
    assert [(entry["from"], entry["text"]) for entry in chat] == [("person", "STOP")]
    assert PHONE in door.meta.reactions.windows


async def test_stopping_and_resuming_in_whatsapp_shows_in_the_state_of_the_phone(door: Door):
    states = []
    for value in ("stop", "resume"):
        await door.post(f"/phones/{PHONE}/prefer", value=value)
        states.append((await door.http.get(f"{PATH}/phones/{PHONE}")).json()["has_stopped"])

    assert states == [True, False]


async def test_a_phone_switched_off_is_out_of_reach_until_it_is_on_again(door: Door):
    states = []
    for is_on in (False, True):
        await door.post(f"/phones/{PHONE}/switch", on=is_on)
        states.append((await door.http.get(f"{PATH}/phones/{PHONE}")).json()["is_off"])

    assert states == [True, False]


async def test_a_tap_on_a_message_that_never_came_is_refused_with_a_sentence(door: Door):
    answer = await door.post(f"/phones/{PHONE}/tap", wamid="wamid.none", text="Yes")

    assert (answer.status_code, answer.json()) == (400, {"error": f"{PHONE} has no message wamid.none"})


async def test_a_verb_nobody_knows_is_refused_with_the_known_ones(door: Door):
    answer = await door.post(f"/phones/{PHONE}/juggle")

    assert answer.status_code == 404
    assert "say, tap, click, prefer, switch" in answer.json()["error"]


async def test_the_speed_moves_meta_and_whoever_asked_to_be_told(door: Door):
    answer = await door.post("/speed", speed=60)

    assert answer.json() == {"speed": 60, "moves_bot": True}
    assert (door.meta.speed, door.speeds) == (60.0, [60.0])


@pytest.mark.parametrize("speed", [0, 1001, "fast", None])
async def test_a_speed_out_of_bounds_changes_nothing(door: Door, speed: object):
    answer = await door.post("/speed", speed=speed)

    assert answer.status_code == 400
    assert (door.meta.speed, door.speeds) == (1.0, [])


async def test_an_uploaded_page_is_never_served_as_something_to_run(door: Door):
    file = door.slack.upload("U0ANA", "evil.html", b"<script>alert(1)</script>")

    answer = await door.http.get(f"{PATH}/files/{file.id}")

    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_does_not_exist_is_a_404(door: Door):
    answer = await door.http.get(f"{PATH}/files/F404")

    assert answer.status_code == 404


async def test_metas_control_is_within_reach_of_the_page(door: Door):
    answer = await door.http.post("/_sim/meta/knobs", json={"read_rate": 0.5})

    assert answer.status_code == 200
    assert door.meta.knobs.read_rate == 0.5


def test_autocomplete_offers_exactly_what_the_help_of_the_bot_lists():
    """The simulators share no code with the bot, so a change of its help is made in `commands.json` too."""
    offered = json.loads((STATIC / "commands.json").read_text())["commands"]

    listed = {command: [[one.usage, one.does] for one in uses] for command, uses in HELP.items()}

    assert offered == listed


def test_the_shortcuts_offered_are_those_of_the_manifest():
    offered = json.loads((STATIC / "commands.json").read_text())
    manifest = yaml.safe_load(Path("manifest.yml").read_text())

    listed = {
        kind: [[one["callback_id"], one["name"]] for one in group]
        for kind, group in groupby(manifest["features"]["shortcuts"], key=lambda one: one["type"])
    }

    assert offered["shortcuts"] == listed["global"]
    assert offered["message_shortcuts"] == listed["message"]

"""The control under /_sim, the profile, and the books."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot.simulator.meta import MetaSimulator, running, serve
from tests.simulator.meta.building import ANA, NUMBER, graph, graph_with_webhooks, order_again, send


async def test_everything_about_a_person_can_be_done_over_http():
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post(f"/_sim/phones/{ANA}", json={"reads": True})
        await meta.send(send("vip_evening"))
        await meta.http.post(f"/_sim/phones/{ANA}/tap", json={"text": "Yes"})
        await meta.http.post(f"/_sim/phones/{ANA}/say", json={"text": "STOP"})
        await meta.http.post(f"/_sim/phones/{ANA}/preference", json={"value": "stop"})
        await hook.until(lambda: len(hook.items("messages")) == 2 and hook.items("user_preferences") != [])
        await hook.until(lambda: "read" in hook.statuses())

    assert {item["type"] for item in hook.items("messages")} == {"button", "text"}


async def test_a_link_can_be_pressed_over_http():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again(to="+5511900000001"))
        await meta.http.post("/_sim/phones/+5511900000001/click")
        await hook.until(lambda: hook.items("user_actions") != [])

    assert hook.items("user_actions")[0]["marketing_messages_link_click_data"]["click_component"] == "cta"


async def test_knobs_faults_speed_and_time_can_be_set_over_http():
    async with graph() as meta:
        await meta.http.post("/_sim/knobs", json={"mps": 7, "sent_after": [1, 2]})
        await meta.http.post("/_sim/faults", json={"kind": "error", "code": 131016, "times": 3})
        await meta.http.post("/_sim/speed", json={"speed": 60})
        before = (await meta.http.get("/_sim/state")).json()
        await meta.http.post("/_sim/advance", json={"seconds": 86_400})
        after = (await meta.http.get("/_sim/state")).json()
        knobs = (await meta.http.get("/_sim/knobs")).json()

    assert (knobs["mps"], knobs["sent_after"]) == (7, [1, 2])
    assert (before["speed"], before["faults"][0]["times"]) == (60, 3)
    assert after["now"] - before["now"] >= 86_400


async def test_held_messages_can_be_released_over_http():
    async with graph(knobs={"hold_rate": 1.0}) as meta:
        await meta.send(order_again())
        answer = await meta.http.post("/_sim/held", json={"drop": False})
        meta.sim.advance(1)

    assert answer.json() == {"released": 1}
    assert meta.sim.last_message(ANA).fate == "delivered"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("knobs", {"unheard_of": 1}),
        ("knobs", {"read_rate": "often"}),
        ("faults", {"kind": "earthquake"}),
        ("phones/+447700900001", {"flies": True}),
        ("phones/+447700900001/tap", {}),
        ("phones/+447700900001/click", {}),
        ("phones/+447700900001/preference", {"value": "maybe"}),
        ("advance", {}),
        ("templates/no_such/status", {"event": "PAUSED"}),
    ],
)
async def test_a_wrong_command_is_answered_with_one_sentence(path: str, content: Any):
    async with graph() as meta:
        answer = await meta.http.post(f"/_sim/{path}", json=content)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_books_hold_every_accepted_message_and_its_statuses():
    async with graph() as meta:
        sent = await meta.send(order_again(biz_opaque_callback_data="r=1"))
        await meta.send(send("no_such"))
        meta.sim.advance(1)
        books = (await meta.http.get("/_sim/ledger")).json()
        received = (await meta.http.get("/_sim/received")).json()
        rate = (await meta.http.get("/_sim/rate")).json()

    (message,) = books["messages"]
    assert message["wamid"] == sent.json()["messages"][0]["id"]
    assert message["fate"] == "delivered"
    assert [status["status"] for status in message["statuses"]] == ["sent", "delivered"]
    assert message["biz_opaque_callback_data"] == "r=1"
    assert books["totals"]["statuses"] == {"sent": 1, "delivered": 1}
    assert books["totals"]["refused_by_code"] == {"132001": 1}
    assert received == {ANA: [message]}
    assert rate[NUMBER]["admitted"] == 2


async def test_the_books_agree_with_what_the_webhooks_told():
    chances = {"reachable_rate": 0.7, "read_rate": 0.5, "failures": {"131026": 0.1}, "delivered_skipped_rate": 0.3}
    async with graph_with_webhooks(knobs=chances, mps=1000) as (meta, hook):
        for number in range(80):
            await meta.send(order_again(to=f"+4477009001{number:02}"))
        meta.sim.advance(60)
        await meta.sim.settle()

        totals = meta.sim.ledger.totals()
        told = {name: hook.statuses().count(name) for name in set(hook.statuses())}
        assert told == totals["statuses"]
        assert totals["accepted"] == totals["phones"] == sum(totals["fates"].values()) == 80


async def test_a_profile_sets_the_knobs_the_people_and_the_faults():
    profile = {
        "knobs": {"mps": 3},
        "phones": {ANA: {"refused": 131026}},
        "faults": [{"kind": "error", "code": 131016}],
        "speed": 100,
    }

    sim = MetaSimulator(profile=profile)

    assert (sim.knobs.mps, sim.speed) == (3, 100)
    assert sim.phonebook.persona(ANA).refused == 131026
    assert sim.faults.pending[0].code == 131016


@pytest.mark.parametrize("profile", [{"nobs": {}}, {"knobs": {"mps": "many"}}, {"phones": {ANA: {"flies": 1}}}])
def test_a_wrong_profile_is_refused_when_it_is_read(profile: dict[str, Any]):
    with pytest.raises(ValueError, match="is not valid"):
        MetaSimulator(profile=profile)


async def test_a_taken_port_is_told():
    async with graph() as meta:
        port = meta.http.base_url.port

        with pytest.raises(OSError, match="in use"):
            async with running(MetaSimulator(), port):
                pass


async def test_serve_runs_until_it_is_cancelled():
    bound: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(0, ready=bound.set_result, access_token="other"))
    url = await bound

    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/v25.0/102290129340398", headers={"Authorization": "Bearer other"})
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)

    assert answer.status_code == 200
    assert server.cancelled()


async def test_the_clock_goes_on_smoothly_when_its_speed_changes():
    sim = MetaSimulator(speed=1000)

    before = sim.clock.now()
    sim.speed = 1
    after = sim.clock.now()

    assert 0 <= after - before < 100


async def test_a_profile_can_hold_the_settings_of_a_simulator_started_from_a_file():
    profile = {"settings": {"waba_id": "77", "callback_url": "http://127.0.0.1:9/hook"}, "knobs": {"mps": 3}}

    sim = MetaSimulator.from_profile(profile, waba_id="1", access_token="mine")

    assert (sim.account.waba_id, sim.account.access_token) == ("77", "mine")
    assert sim.account.subscribed
    assert sim.knobs.mps == 3


async def test_the_callback_can_be_set_over_http():
    async with graph_with_webhooks() as (meta, hook):
        address, meta.sim.account.callback_url = meta.sim.account.callback_url, None
        await meta.send(order_again())
        await meta.sim.settle()
        await meta.http.post("/_sim/callback", json={"url": address})
        await meta.send(send("plain_hello"))
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert {item["id"] for item in hook.items("statuses")} == {meta.sim.last_message(ANA).wamid}


async def test_requests_cut_off_by_the_end_leave_no_noise(caplog: pytest.LogCaptureFixture):
    async with graph(knobs={"latency_real": 30}) as meta:
        with pytest.raises(httpx.ReadTimeout):
            await meta.http.post(f"/v25.0/{NUMBER}/marketing_messages", json=order_again(), timeout=0.05)

    assert caplog.records == []


async def test_a_broken_part_is_told_and_not_hidden():
    sim = MetaSimulator()

    def break_down(_: float) -> None:
        raise ZeroDivisionError

    async with asyncio.timeout(5):
        await sim.start()
        sim.agenda.at(0, break_down)
        with pytest.raises(ZeroDivisionError):
            await sim.watch()
        with pytest.raises(ZeroDivisionError):
            await sim.stop()

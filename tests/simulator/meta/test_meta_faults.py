"""Faults on demand: codes, broken connections, gateways, and the rate window."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.simulator.meta.account import Pace
from tests.simulator.meta.building import ANA, NUMBER, WABA, graph, order_again

BEN = "+447700900002"
CODES = {0: 401, 1: 400, 2: 503, 4: 400, 10: 403, 190: 401, 80007: 400, 130472: 400, 131000: 500, 131008: 400}
CODES |= {131016: 500, 131042: 400, 131048: 400, 131049: 400, 131057: 500, 132007: 400, 133004: 503, 134102: 500}


@pytest.mark.parametrize(("code", "status"), CODES.items())
async def test_the_next_sends_fail_with_any_code_and_then_go_through(code: int, status: int):
    async with graph() as meta:
        meta.sim.inject("error", code=code, times=2)
        refused = [await meta.refusal(order_again()) for _ in range(2)]
        accepted = await meta.send(order_again())

    assert refused == [(code, status)] * 2
    assert accepted.status_code == 200
    assert len(meta.sim.received[ANA]) == 1


async def test_a_fault_can_concern_one_phone_for_ever():
    async with graph() as meta:
        meta.sim.inject("error", code=131026, phone=ANA, times=None)
        outcomes = [(await meta.send(order_again(to=phone))).status_code for phone in (ANA, BEN, ANA)]
        await meta.http.post("/_sim/faults/clear")
        cleared = await meta.send(order_again())

    assert outcomes == [400, 200, 400]
    assert cleared.status_code == 200


async def test_a_fault_can_strike_a_share_of_the_sends():
    async with graph(mps=1000) as meta:
        meta.sim.inject("error", code=131016, share=0.5, times=None)
        outcomes = [(await meta.send(order_again(to=f"+4477009001{n:02}"))).status_code for n in range(60)]

    assert 10 < outcomes.count(500) < 50


async def test_a_laid_down_refusal_of_a_person():
    async with graph() as meta:
        meta.sim.person(ANA, refused=131030)

        assert await meta.refusal(order_again()) == (131030, 400)


@pytest.mark.parametrize("accepted", [False, True], ids=["before accepting", "after accepting"])
async def test_the_connection_is_reset(accepted: bool):
    async with graph() as meta:
        meta.sim.inject("reset", accepted=accepted)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await meta.send(order_again())
        again = await meta.send(order_again())

    assert len(meta.sim.received[ANA]) == (2 if accepted else 1)
    assert again.status_code == 200


async def test_a_reset_is_a_tcp_reset():
    async with graph() as meta:
        meta.sim.inject("reset")
        reader, writer = await asyncio.open_connection("127.0.0.1", meta.http.base_url.port)
        head = f"POST /v25.0/{NUMBER}/marketing_messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        writer.write(f"{head}Authorization: Bearer EAAsimulated\r\n\r\n{{}}".encode())

        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_gateway_answers_502_without_graphs_body(accepted: bool):
    async with graph() as meta:
        meta.sim.inject("gateway", accepted=accepted)
        answer = await meta.send(order_again())

    assert answer.status_code == 502
    assert "error" not in answer.text
    assert len(meta.sim.received) == (1 if accepted else 0)


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_hanging_request_is_never_answered(accepted: bool):
    async with graph() as meta:
        meta.sim.inject("hang", accepted=accepted, seconds_real=30)
        with pytest.raises(httpx.ReadTimeout):
            await meta.http.post(f"/v25.0/{NUMBER}/marketing_messages", json=order_again(), timeout=0.2)

    assert len(meta.sim.received) == (1 if accepted else 0)


async def test_a_hang_ends_in_a_reset():
    async with graph() as meta:
        meta.sim.inject("hang", seconds_real=0.01)

        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await meta.send(order_again())


async def test_a_coded_server_error_may_have_been_accepted():
    async with graph() as meta:
        meta.sim.inject("error", code=131000, accepted=True)

        assert await meta.refusal(order_again()) == (131000, 500)
        assert len(meta.sim.received[ANA]) == 1


async def test_management_calls_fail_on_demand_and_tell_how_long_to_wait():
    async with graph() as meta:
        meta.sim.inject("error", code=80007, on="manage")
        sent = await meta.send(order_again())
        throttled = await meta.get(f"{WABA}/message_templates")
        listed = await meta.get(f"{WABA}/message_templates")

    assert sent.status_code == 200
    assert throttled.json()["error"]["code"] == 80007
    assert '"estimated_time_to_regain_access":1' in throttled.headers["X-Business-Use-Case-Usage"]
    assert listed.status_code == 200


async def test_an_edit_can_be_made_although_its_answer_is_lost():
    async with graph() as meta:
        key = meta.sim.catalogue.find("order_again", "en_US").id
        meta.sim.inject("gateway", on="manage", accepted=True)
        answer = await meta.post(key, {"message_send_ttl_seconds": 86_400})
        read = await meta.get(key, fields="message_send_ttl_seconds")

    assert answer.status_code == 502
    assert read.json()["message_send_ttl_seconds"] == 86_400


async def test_meta_can_be_down():
    async with graph() as meta:
        meta.sim.tune(down=True)
        answers = [await meta.send(order_again()), await meta.get(WABA)]
        meta.sim.tune(down=False)
        back = await meta.send(order_again())

    assert [(answer.status_code, answer.content) for answer in answers] == [(503, b"")] * 2
    assert back.status_code == 200


async def test_the_token_can_be_revoked():
    async with graph() as meta:
        meta.sim.tune(token_revoked=True)

        assert await meta.refusal(order_again()) == (190, 401)


async def test_answers_can_be_slow():
    async with graph(knobs={"latency_real": 30, "latency_jitter_real": 1}) as meta:
        with pytest.raises(httpx.ReadTimeout):
            await meta.http.post(f"/v25.0/{NUMBER}/marketing_messages", json=order_again(), timeout=0.1)
        with pytest.raises(httpx.ReadTimeout):
            await meta.http.get(f"/v25.0/{WABA}", timeout=0.1)


async def test_more_than_the_granted_rate_is_refused_with_130429():
    async with graph(mps=5, phone_number_ids=(NUMBER, "2")) as meta:
        answers = await asyncio.gather(*(meta.send(order_again(to=f"+4477009001{n:02}")) for n in range(12)))
        other = await meta.send(order_again(), number="2")

    refused = [answer.json()["error"]["code"] for answer in answers if answer.status_code == 400]
    assert refused == [130429] * len(refused)
    assert len(refused) == 7
    assert other.status_code == 200
    assert meta.sim.rate()[NUMBER] == {"admitted": 5, "refused": 7, "busiest_second": 5}
    assert meta.sim.rate()["2"]["admitted"] == 1


def test_the_window_slides():
    pace = Pace()

    admitted = [pace.admit(at, 2) for at in (0.0, 0.5, 0.9, 1.0, 1.4, 1.5, 3.0)]

    assert admitted == [True, True, False, True, False, True, True]
    assert pace.busiest() == 2

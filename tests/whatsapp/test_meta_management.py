"""Reading templates, numbers and the account from a small Graph endpoint, and every way it can refuse."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from raw_server import free_port

from bot.domain.template import Template
from bot.ports.meta import ErrorClass, MetaManagement, MetaRefusedError, MetaUnavailableError
from bot.whatsapp.management import TEMPLATE_FIELDS, MetaManagementClient
from bot.whatsapp.reading import template as read_template
from bot.whatsapp.usage import Usage, read_usage

WABA, NUMBER = "102290129340398", "106540352242922"
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, seen: list[httpx.Request] | None = None) -> MetaManagementClient:
    def record(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return answer(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(record))
    return MetaManagementClient(
        http, api_url="http://meta.invalid/", version="v25.0", access_token="secret", waba_id=WABA
    )


def always(status: int = 200, /, **content: Any) -> Answer:
    return lambda _: httpx.Response(status, json=content)


def refusal(code: int, status: int = 400, **more: Any) -> Answer:
    return always(status, error={"message": "no", "code": code, "fbtrace_id": "T", **more})


def raw_template(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"t{number}", "language": "en_US", "status": "APPROVED", "category": "MARKETING"}


def pages(*sizes: int) -> Answer:
    """Serve pages of templates behind opaque cursors."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("after", "cursor0").removeprefix("cursor"))
        first = sum(sizes[:page])
        paging: dict[str, Any] = {"cursors": {"before": "x", "after": f"cursor{page + 1}"}}
        if page + 1 < len(sizes):
            paging["next"] = "http://elsewhere.invalid/"
        data = [raw_template(first + n) for n in range(sizes[page])]
        return httpx.Response(200, json={"data": data, "paging": paging})

    return answer


async def names(management: MetaManagementClient) -> list[str]:
    return [template.name async for template in management.templates()]


async def test_every_page_of_templates_is_read():
    seen: list[httpx.Request] = []

    found = await names(client(pages(100, 100, 1), seen))

    assert found == [f"t{number}" for number in range(201)]
    assert [request.url.params.get("after") for request in seen] == [None, "cursor1", "cursor2"]
    assert {request.url.path for request in seen} == {f"/v25.0/{WABA}/message_templates"}
    assert {(r.url.params["limit"], r.url.params["fields"]) for r in seen} == {("100", TEMPLATE_FIELDS)}
    assert {request.headers["authorization"] for request in seen} == {"Bearer secret"}


async def test_a_forgotten_cursor_restarts_the_list_once_and_gives_nothing_twice():
    forgotten = [True]
    listing = pages(2, 2)

    def answer(request: httpx.Request) -> httpx.Response:
        if "after" in request.url.params and forgotten:
            forgotten.pop()
            return refusal(131059)(request)
        return listing(request)

    assert await names(client(answer)) == ["t0", "t1", "t2", "t3"]


async def test_a_cursor_that_is_forgotten_again_is_an_error():
    listing = pages(2, 2)

    def answer(request: httpx.Request) -> httpx.Response:
        return refusal(131059)(request) if "after" in request.url.params else listing(request)

    with pytest.raises(MetaRefusedError) as caught:
        await names(client(answer))
    assert caught.value.failure.code == 131059


async def test_an_odd_entry_does_not_hide_the_templates_beside_it():
    odd = [None, 7, {}, {"id": "1"}, {"id": "1", "name": "x"}, raw_template(5), {**raw_template(6), "status": None}]

    assert await names(client(always(data=odd))) == ["t5", "t6"]
    assert await names(client(always(data={}))) == []


async def test_a_template_is_read_with_everything_a_campaign_needs():
    raw = {
        **raw_template(7),
        "language": "pt-BR",
        "components": [{"type": "BODY", "text": "Oi {{first_name}}"}, "junk"],
        "parameter_format": "named",
        "quality_score": {"score": "GREEN", "date": 1},
        "message_send_ttl_seconds": 86400,
        "last_updated_time": "2026-11-10T12:00:00+0000",
        "optimization_spec": {"bid_amount": 5},
    }

    found = await client(always(**raw)).template("7")

    assert found == Template(
        id="7",
        name="t7",
        language="pt_BR",
        status="APPROVED",
        category="MARKETING",
        components=({"type": "BODY", "text": "Oi {{first_name}}"},),
        parameter_format="NAMED",
        ttl_seconds=86400,
        quality="GREEN",
        has_bid=True,
        last_updated_at=1_794_312_000_000,
    )


@pytest.mark.parametrize("ttl", [None, -1, 0, "x", [], True])
def test_a_lifetime_that_is_none_means_metas_default(ttl: object):
    found = read_template({**raw_template(1), "message_send_ttl_seconds": ttl})

    assert found is not None
    assert found.ttl_seconds is None


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        (1790000012, 1_790_000_012_000),
        ("1790000012", 1_790_000_012_000),
        ("2026-09-21T14:13:32+00:00", 1_790_000_012_000),
        ("2026-09-21T14:13:32", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+00:00", None),
        (1790000012000, None),
        (-1, None),
        (None, None),
    ],
)
def test_a_time_is_read_in_every_spelling(written: object, instant: int | None):
    found = read_template({**raw_template(1), "id": 1, "last_updated_time": written})

    assert found is not None
    assert (found.id, found.last_updated_at) == ("1", instant)


@pytest.mark.parametrize("code", [100, 33])
async def test_a_template_or_a_file_that_is_gone_is_simply_absent(code: int):
    management = client(refusal(code))

    assert await management.template("7") is None
    assert await management.has_media("9") is False


async def test_a_field_that_meta_does_not_know_is_not_taken_for_an_absent_template():
    with pytest.raises(MetaRefusedError):
        await client(refusal(100, error_data={"details": "Tried accessing nonexisting field (x)"})).template("7")


async def test_any_other_refusal_is_told():
    management = client(refusal(190, 401, error_data={"details": "Session expired"}))

    for question in (management.template("7"), management.has_media("9"), management.number(NUMBER)):
        with pytest.raises(MetaRefusedError, match="access token") as caught:
            await question
        assert caught.value.failure.kind is ErrorClass.CONFIG
        assert caught.value.failure.detail == "no - Session expired"


async def test_the_lifetime_of_a_template_is_changed():
    seen: list[httpx.Request] = []

    await client(always(success=True), seen).set_ttl("7", 86_400)

    [request] = seen
    assert (request.method, request.url.path) == ("POST", "/v25.0/7")
    assert json.loads(request.content) == {"message_send_ttl_seconds": 86_400}


async def test_a_lifetime_that_is_not_confirmed_or_refused_is_told():
    with pytest.raises(MetaUnavailableError, match="did not confirm"):
        await client(always(id="7")).set_ttl("7", 86_400)
    with pytest.raises(MetaRefusedError):
        await client(refusal(100)).set_ttl("7", 1)


@pytest.mark.parametrize(
    ("throughput", "limit", "mps", "people"),
    [
        ({"level": "STANDARD"}, "TIER_2K", 80, 2000),
        ({"level": "HIGH"}, "TIER_UNLIMITED", 1000, None),
        ({"level": "NOT_APPLICABLE"}, "TIER_250", 20, 250),
        ({"level": "WARP"}, 100_000, 80, 100_000),
        (None, None, 80, None),
        ("HIGH", "TIER_X", 80, None),
    ],
)
async def test_a_number_tells_its_pace_and_its_limit(throughput: object, limit: object, mps: int, people: int | None):
    content = {"throughput": throughput, "whatsapp_business_manager_messaging_limit": limit}

    facts = await client(always(display_phone_number="+1 202-555-0100", quality_rating="GREEN", **content)).number(
        NUMBER
    )

    assert (facts.granted_mps, facts.messaging_limit) == (mps, people)
    assert (facts.display, facts.verified_name, facts.quality) == ("+1 202-555-0100", "", "GREEN")


async def test_the_account_tells_how_far_it_is_and_who_listens():
    assert await client(always(marketing_messages_onboarding_status="ONBOARDED")).onboarding() == "ONBOARDED"
    assert await client(always(id=WABA)).onboarding() == "UNKNOWN"
    assert await client(always(data=[{"whatsapp_business_api_data": {}}])).subscribed_apps() == 1
    assert await client(always(data=[])).subscribed_apps() == 0
    assert await client(always(id="9", url="https://x.invalid")).has_media("9") is True


@pytest.mark.parametrize(
    ("date", "instant"), [("Mon, 21 Sep 2026 14:13:32 GMT", 1_790_000_012_000), ("soon", None), (None, None)]
)
async def test_the_clock_of_meta_is_read_even_from_a_refusal(date: str | None, instant: int | None):
    headers = {"Date": date} if date else {}

    assert await client(lambda _: httpx.Response(401, headers=headers)).server_time() == instant


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(502, content=b"<html>"),
        lambda _: httpx.Response(503),
        lambda _: httpx.Response(200, content=b"not json"),
        lambda _: httpx.Response(200, content=b"[1]"),
        lambda _: httpx.Response(200, content=b"[" * 100_000),
        lambda _: httpx.Response(404, json={"error": "no code"}),
    ],
)
async def test_an_answer_that_is_no_answer_means_unavailable(answer: Answer):
    with pytest.raises(MetaUnavailableError, match="try again later"):
        await client(answer).template("7")


async def test_a_meta_that_cannot_be_reached_is_unavailable():
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"http://127.0.0.1:{free_port()}"
        management: MetaManagement = MetaManagementClient(
            http, api_url=url, version="v25.0", access_token="secret", waba_id=WABA
        )

        with pytest.raises(MetaUnavailableError, match="ConnectError"):
            await management.onboarding()


async def test_the_used_budget_is_noted_and_kept():
    budget = {"1": [{"type": "whatsapp", "call_count": 28, "total_time": 81}], "2": [{"call_count": "7"}]}
    header = [{"X-Business-Use-Case-Usage": json.dumps(budget)}, {}]
    management = client(lambda _: httpx.Response(200, json={}, headers=header.pop(0)))

    assert management.usage is None
    await management.onboarding()
    await management.onboarding()

    assert management.usage == Usage(percent=81, wait_seconds=0)
    assert management.usage.is_busy


@pytest.mark.parametrize("header", ["", "{", "[]", "{}", '{"1":[]}', '{"1":[7]}', '{"1":"x"}'])
def test_a_budget_header_that_says_nothing_is_no_usage(header: str):
    assert read_usage(httpx.Headers({"X-Business-Use-Case-Usage": header})) is None


def test_a_budget_that_is_used_up_says_how_long_to_wait():
    used_up = {"1": [{"call_count": 10, "estimated_time_to_regain_access": 3}]}

    usage = read_usage(httpx.Headers({"x-business-use-case-usage": json.dumps(used_up)}))

    assert usage == Usage(percent=10, wait_seconds=180)
    assert usage.is_busy
    assert not Usage(percent=80, wait_seconds=0).is_busy


@pytest.mark.parametrize("ask", ["template", "has_media"])
async def test_an_absence_that_meta_calls_transient_is_not_believed(ask: str):
    management = client(refusal(100, is_transient=True))

    with pytest.raises(MetaRefusedError) as refused:
        await getattr(management, ask)("1")

    assert refused.value.failure.is_passing

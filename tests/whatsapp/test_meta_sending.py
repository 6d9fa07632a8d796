"""What leaves for Meta, byte for byte, and how every kind of answer is judged."""

import json

import httpx
import pytest

from bot.domain.campaign import ProductPolicy
from bot.ports.meta import Accepted, ErrorClass, InDoubt, MessageSender, OutgoingMessage, Refused
from bot.whatsapp.sending import MetaEndpoint, MetaSender, body_of, outcome_of

COMPONENTS = (
    b'[{"type":"header","parameters":[{"type":"image","image":{"id":"1166846181421424"}}]},'
    b'{"type":"body","parameters":[{"type":"text","parameter_name":"first_name","text":"Noor"}]}]'
)


def message(
    *,
    address: str = "+12025550123",
    components: bytes = COMPONENTS,
    activity_sharing: bool | None = None,
    tracker: str | None = None,
    policy: ProductPolicy = ProductPolicy.STRICT,
) -> OutgoingMessage:
    return OutgoingMessage(
        phone_number_id="1065",
        address=address,
        template_name="spring_drop_v3",
        language="nl",
        components=components,
        policy=policy,
        activity_sharing=activity_sharing,
        tracker=tracker,
    )


def error_body(code: object, **more: object) -> bytes:
    return json.dumps({"error": {"message": "refused", "type": "OAuthException", "code": code, **more}}).encode()


def test_the_body_is_what_meta_documents():
    body = body_of(message(activity_sharing=True, tracker="7Q2K.90871.1"))

    assert json.loads(body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+12025550123",
        "type": "template",
        "template": {
            "name": "spring_drop_v3",
            "language": {"code": "nl"},
            "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"id": "1166846181421424"}}]},
                {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Noor"}]},
            ],
        },
        "product_policy": "STRICT",
        "message_activity_sharing": True,
        "biz_opaque_callback_data": "7Q2K.90871.1",
    }


def test_the_components_leave_byte_for_byte_as_they_were_frozen():
    body = body_of(message(components='[{"type":"body","parameters":[{"type":"text","text":"Zoë 😀"}]}]'.encode()))

    assert '"components":[{"type":"body","parameters":[{"type":"text","text":"Zoë 😀"}]}]'.encode() in body


@pytest.mark.parametrize("components", [b"", b"[]"])
def test_what_is_not_set_is_not_sent(components: bytes):
    body = json.loads(body_of(message(components=components, policy=ProductPolicy.CLOUD_API_FALLBACK)))

    assert set(body) == {"messaging_product", "recipient_type", "to", "type", "template", "product_policy"}
    assert set(body["template"]) == {"name", "language"}
    assert body["product_policy"] == "CLOUD_API_FALLBACK"


@pytest.mark.parametrize("user_id", ["NL.9f3kA", "us.ENT.0aZ9"])
def test_a_business_scoped_user_id_goes_into_recipient(user_id: str):
    body = json.loads(body_of(message(address=user_id)))

    assert body["recipient"] == user_id
    assert "to" not in body


def test_sharing_may_be_switched_off_for_a_message():
    assert json.loads(body_of(message(activity_sharing=False)))["message_activity_sharing"] is False


async def test_a_message_is_posted_once_to_its_numbers_endpoint():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"messages": [{"id": "wamid.A"}]})

    endpoint = MetaEndpoint(api_url="http://meta.invalid/", version="v25.0", access_token="secret")
    sender: MessageSender = MetaSender(httpx.MockTransport(answer), endpoint)
    outcome = await sender.send(message())

    [request] = seen
    assert outcome == Accepted("wamid.A")
    assert (request.method, str(request.url)) == ("POST", "http://meta.invalid/v25.0/1065/marketing_messages")
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": "+5511987650123", "wa_id": "551187650123"}],
                "messages": [{"id": "wamid.A", "message_status": "accepted"}],
            },
            Accepted("wamid.A", wa_id="551187650123"),
        ),
        ({"messages": [{"id": "wamid.A"}], "success": True}, Accepted("wamid.A")),
        (
            {"contacts": [{"user_id": "NL.9f3k"}], "messages": [{"id": "w", "message_status": "paused"}]},
            Accepted("w", is_held=True, user_id="NL.9f3k"),
        ),
        ({"contacts": ["x"], "messages": [{"id": "wamid.A", "message_status": 7}]}, Accepted("wamid.A")),
        (
            {"contacts": None, "messages": [{"id": "w", "message_status": "held_for_quality_assessment"}]},
            Accepted("w", is_held=True),
        ),
    ],
)
def test_an_accepted_message_is_read(body: dict[str, object], outcome: Accepted):
    assert outcome_of(200, json.dumps(body).encode()) == outcome


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"ok", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000),
        *(b'{"messages":[]}', b'{"messages":[{}]}', b'{"messages":[7]}', b'{"messages":{"id":"w"}}'),
        *(b'{"messages":[{"id":7}]}', b'{"messages":[{"id":""}]}', error_body(131000)),
    ],
)
def test_a_200_that_cannot_be_read_is_in_doubt(body: bytes):
    assert isinstance(outcome_of(200, body), InDoubt)


def test_an_error_body_proves_that_nothing_was_accepted():
    details = {"messaging_product": "whatsapp", "details": "Message rate of the number exceeded."}
    outcome = outcome_of(400, error_body(130429, error_data=details, fbtrace_id="AbC"))

    assert isinstance(outcome, Refused)
    assert (outcome.failure.code, outcome.failure.kind) == (130429, ErrorClass.RATE)
    assert outcome.failure.detail == "refused - Message rate of the number exceeded."
    assert outcome.failure.trace_id == "AbC"


@pytest.mark.parametrize("status", [500, 503, 401])
def test_a_coded_error_is_a_refusal_whatever_its_status(status: int):
    assert isinstance(outcome_of(status, error_body(131000)), Refused)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html>Bad Gateway</html>"),
        (503, b""),
        (400, b'{"error":"bad"}'),
        (400, b'{"error":{"message":"no code"}}'),
        (500, error_body(None)),
        (500, error_body(True)),
        (500, error_body("many")),
        (500, error_body(-1)),
        (302, error_body(190)),
        (204, b""),
        (202, b'{"messages":[{"id":"wamid.A"}]}'),
    ],
)
def test_an_answer_without_a_coded_error_body_is_in_doubt(status: int, body: bytes):
    assert isinstance(outcome_of(status, body), InDoubt)


def test_a_refused_tracker_can_be_told_from_every_other_refused_parameter():
    of_tracker = outcome_of(400, error_body(100, error_data={"details": "Unexpected key biz_opaque_callback_data"}))
    in_message = outcome_of(400, error_body(100).replace(b"refused", b"(#100) Invalid key: biz_opaque_callback_data"))
    other = outcome_of(400, error_body(100, error_data={"details": "Unexpected key to"}))

    assert isinstance(of_tracker, Refused)
    assert isinstance(in_message, Refused)
    assert isinstance(other, Refused)
    assert of_tracker.failure.is_about_tracker
    assert in_message.failure.is_about_tracker
    assert not other.failure.is_about_tracker


def test_an_error_that_meta_calls_transient_may_be_tried_again():
    outcome = outcome_of(500, error_body(424242, is_transient=True))

    assert isinstance(outcome, Refused)
    assert outcome.failure.kind is ErrorClass.TRANSIENT

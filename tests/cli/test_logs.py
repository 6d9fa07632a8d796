"""Logs are JSON lines, and hold nothing by which a person could be found or Meta and Slack be entered."""

import json
import logging
from typing import Any

import pytest

from bot.logs import JsonFormatter, correlation, masked

SECRETS = [
    "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    "xapp-1-A111-222-3333abc",
    "xoxe.xoxb-1-abc.def",
    "EAAGm0PX4ZCpsBAKZCtoken123",
]
PEOPLE = ["+447700900123", "+44 7700 900123", "+1 (202) 555-0123", "447700900123", "12025550123"]
WAMID = "wamid.HBgLMTIwMjU1NTAxMjMVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"


def lines_of(level: int, message: str, *arguments: Any, **more: Any) -> list[dict[str, Any]]:
    """Hand one record to the formatter the way a logger does; gives the lines that come out, parsed."""
    record = logging.getLogger("test").makeRecord(
        "test", level, "file.py", 1, message, arguments, more.get("exc_info"), extra=more.get("extra")
    )
    return [json.loads(line) for line in JsonFormatter().format(record).splitlines()]


def logged(message: str, *arguments: Any, **more: Any) -> dict[str, Any]:
    (line,) = lines_of(logging.INFO, message, *arguments, **more)
    return line


@pytest.mark.parametrize("secret", [*SECRETS, *PEOPLE, WAMID])
def test_a_secret_is_masked_wherever_it_stands(secret: str):
    for text in (secret, f"said {secret}.", f"({secret})", f'{{"to":"{secret}"}}', f"to={secret}&x=1", f"wa/{secret}"):
        assert secret not in masked(text), text


@pytest.mark.parametrize("phone", PEOPLE)
def test_a_phone_number_keeps_its_last_four_digits(phone: str):
    assert masked(f"sent to {phone} now") == f"sent to *****{phone[-4:]} now"


def test_the_token_of_a_header_or_an_address_is_masked_whatever_it_looks_like():
    assert masked("Authorization: Bearer abc.def-ghi123") == "Authorization: Bearer [token]"
    assert masked("GET /me?access_token=abcdefgh123&x=1") == "GET /me?access_token=[token]&x=1"


def test_a_business_scoped_user_id_keeps_its_country():
    assert masked("from NL.9f3k2aa81b7c") == "from NL.*****"


@pytest.mark.parametrize(
    "text", ["campaign 7Q2K: 1500 of 20000", "2026-11-22T10:00:00Z", "ts 1763806000.123456", "v25.0"]
)
def test_what_is_no_secret_stays(text: str):
    assert masked(text) == text


def test_message_arguments_and_fields_are_masked():
    line = logged("to %s", "+447700900123", extra={"wa_id": "447700900123", "digits": 447700900123, "count": 12})

    assert line["message"] == "to *****0123"
    assert (line["wa_id"], line["digits"], line["count"]) == ("*****0123", "*****0123", 12)


def test_an_exception_is_masked_with_its_causes():
    broken = ValueError(WAMID)
    broken.__cause__ = KeyError("+447700900123")

    line = logged("it broke", exc_info=(ValueError, broken, None))

    assert "ValueError" in line["exception"]
    assert WAMID not in line["exception"]
    assert "+447700900123" not in line["exception"]


def test_a_record_says_when_how_bad_and_where_from():
    line = logged("ready")

    assert (line["level"], line["logger"], line["message"]) == ("info", "test", "ready")
    assert line["time"].endswith("+00:00")
    assert "correlation_id" not in line


def test_records_of_one_request_share_its_id():
    with correlation("req-1"):
        inside = logged("in")
    outside = logged("out")

    assert inside["correlation_id"] == "req-1"
    assert "correlation_id" not in outside


def test_a_line_break_in_a_message_makes_no_second_record():
    assert logged("one\ntwo")["message"] == "one\ntwo"

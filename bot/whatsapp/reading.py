"""Reads Meta's JSON into our values, tolerantly: unknown keys and values never break it, wrong shapes give nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from bot.domain.inbound import MessagingLimit
from bot.domain.instants import SECOND, Millis, from_datetime
from bot.domain.template import Template

#: Seconds since 1970 that Meta can mean; milliseconds by mistake, or nonsense, fall outside (2106-02-07).
_LATEST_SECONDS: Final = 2**32 - 1
_LARGEST_CODE: Final = 2**31 - 1
_LARGEST_ID: Final = 2**64
_DIGITS_OF_MAX: Final = 20

#: An object as decoded; every key may be absent and every value of any shape.
Item: TypeAlias = Mapping[str, Any]


class UnreadableError(ValueError):
    """One item of a webhook cannot be understood; the message says why. It goes to quarantine."""


@dataclass(frozen=True, slots=True)
class GraphError:
    """The `error` object of an answer. `detail` joins what Meta says in words; it may name a parameter."""

    code: int
    detail: str
    trace_id: str
    is_transient: bool


def graph_error(answer: Any) -> GraphError | None:
    """Read a Graph error body; None unless `error.code` is a number (Meta, "Error codes", shape)."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    code = whole(error.get("code"))
    if code is None or not 0 <= code <= _LARGEST_CODE:
        return None
    return GraphError(code, _words(error), text(error.get("fbtrace_id")) or "", error.get("is_transient") is True)


def _words(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    said = (text(error.get("message")), text(details), text(error.get("error_user_msg")))
    return " - ".join(dict.fromkeys(part for part in said if part))


def mapping(value: Any) -> Item:
    """Take an object; anything else counts as an empty one."""
    return value if isinstance(value, Mapping) else {}


def required(value: str | None, what: str) -> str:
    """Insist on a value; raises UnreadableError."""
    if value is None:
        raise UnreadableError(f"{what} is missing")
    return value


def text(value: Any) -> str | None:
    """Take a non-empty string; anything else is None."""
    return value if isinstance(value, str) and value else None


def identifier(value: Any) -> str | None:
    """Take an id, which Meta writes as a string here and as an integer there."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_ID:
        return str(value)
    return text(value)


def whole(value: Any) -> int | None:
    """Take a whole number written as a number or as digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS_OF_MAX:
        return int(value)
    return None


def instant(value: Any) -> Millis | None:
    """Take unix seconds (number or string) or an ISO 8601 time with its zone, as Meta's `last_updated_time` has it."""
    seconds = whole(value)
    if seconds is not None:
        return Millis(seconds * SECOND) if 0 < seconds <= _LATEST_SECONDS else None
    if not isinstance(value, str):
        return None
    try:
        moment = from_datetime(datetime.fromisoformat(value))
    except ValueError:
        return None
    return moment if 0 < moment <= _LATEST_SECONDS * SECOND else None


def language(value: Any) -> str | None:
    """Take a language code; webhooks write `en-US` where the API writes `en_US`."""
    found = text(value)
    return found.replace("-", "_") if found else None


def template(value: Any) -> Template | None:
    """Read a template as `message_templates` lists it; None without an id, a name or a language."""
    if not isinstance(value, Mapping):
        return None
    template_id, name, code = identifier(value.get("id")), text(value.get("name")), language(value.get("language"))
    if template_id is None or name is None or code is None:
        return None
    return Template(
        id=template_id,
        name=name,
        language=code,
        status=(text(value.get("status")) or "UNKNOWN").upper(),
        category=(text(value.get("category")) or "UNKNOWN").upper(),
        components=_components(value.get("components")),
        parameter_format=(text(value.get("parameter_format")) or "POSITIONAL").upper(),
        ttl_seconds=_lifetime(value.get("message_send_ttl_seconds")),
        quality=_quality(value.get("quality_score")),
        has_bid=bool(value.get("optimization_spec") or value.get("bid_spec")),
        last_updated_at=instant(value.get("last_updated_time")),
    )


def _components(value: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(part for part in value if isinstance(part, Mapping)) if isinstance(value, list) else ()


def _lifetime(value: Any) -> int | None:
    """Take a TTL; absent, null, zero and -1 all mean Meta's default."""
    seconds = whole(value)
    return seconds if seconds is not None and seconds > 0 else None


def _quality(value: Any) -> str:
    score = value.get("score") if isinstance(value, Mapping) else value
    return (text(score) or "UNKNOWN").upper()


def digits(value: Any) -> str | None:
    """Take a phone number as Meta writes it (`31600000001`, sometimes with a plus); anything else is None."""
    found = (identifier(value) or "").removeprefix("+")
    return found if found.isascii() and found.isdigit() and len(found) <= _DIGITS_OF_MAX else None


def messaging_limit(value: Any) -> MessagingLimit | None:
    """Take a limit written as `TIER_2K`, `TIER_UNLIMITED`, 2000, "2000" or -1 (no limit); None for anything else."""
    if isinstance(value, str):
        tier = value.upper().removeprefix("TIER_")
        if tier == "UNLIMITED":
            return MessagingLimit(None)
        value = f"{tier[:-1]}000" if tier.endswith("K") else tier
    if value in (-1, "-1"):
        return MessagingLimit(None)
    people = whole(value)
    return MessagingLimit(people) if people is not None and 0 < people <= _LARGEST_CODE else None

"""The kinds of value a setting can have: each reads a text, or raises ValueError with what was expected of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.domain import phone
from bot.domain.consent import FrequencyCap
from bot.domain.errors import ConfigurationError, InvalidInputError
from bot.domain.instants import DAY, HOUR
from bot.domain.rates import RateCard

_FOREIGN_TOKENS: Final = ("xoxb-", "xoxp-", "xoxa-", "xapp-")
_SQLITE, _POSTGRES = "sqlite://", "postgresql://"
_SPANS: Final = {"h": HOUR, "d": DAY}
#: Enough for any rule of courtesy, and far from the limits of a 64-bit instant.
_LONGEST_SPAN: Final = timedelta(days=366) // timedelta(milliseconds=1)


class Secret(str):
    """A text that `repr` does not show, so that no dump of settings tells it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('*****')"


def text(written: str) -> str:
    """Take a text as it is."""
    return written


def secret(written: str) -> Secret:
    """Take a secret as it is; one with white space inside was pasted wrong."""
    if re.search(r"\s", written):
        raise ValueError("must be one word without spaces or line breaks: copy it again")
    return Secret(written)


def slack_token(prefix: str) -> Callable[[str], Secret]:
    """Take a Slack token unless its prefix says that it is another kind of token."""

    def read(written: str) -> Secret:
        token = secret(written)
        if token.startswith(_FOREIGN_TOKENS) and not token.startswith(prefix):
            raise ValueError(f"must be a token that begins with {prefix}: copy the other one from your Slack app")
        return token

    return read


def matching(pattern: str, expected: str) -> Callable[[str], str]:
    """Take a text of one form."""

    def read(written: str) -> str:
        if not re.fullmatch(pattern, written):
            raise ValueError(f"must be {expected}")
        return written

    return read


def listed(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Take texts separated by commas, each once; blanks around them and empty places between them do not count."""

    def read_all(written: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read(part.strip()) for part in written.split(",") if part.strip()))

    return read_all


def whole_number(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Take a whole number within bounds."""
    bounds = f"{lowest} or more" if highest is None else f"from {lowest} to {highest}"

    def read(written: str) -> int:
        found = int(written) if re.fullmatch(r"[0-9]{1,12}", written) else -1
        if found < lowest or (highest is not None and found > highest):
            raise ValueError(f"must be a whole number, {bounds}")
        return found

    return read


def url(written: str, *, expected: str = "an address such as https://bot.example.org") -> str:
    """Take an http or https address without query; gives it without slash at the end."""
    try:
        parts = urlsplit(written)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or re.search(r"[\s?#]", written):
        raise ValueError(f"must be {expected}")
    return written.rstrip("/")


def graph_url(written: str) -> str:
    """Take the base address of Meta's Graph API, which must not hold a version."""
    base = url(written, expected="an address such as https://graph.facebook.com")
    if re.search(r"/v\d+(\.\d+)?$", base):
        raise ValueError("must have no version at its end: that belongs into META_API_VERSION")
    return base


def database_url(written: str) -> Secret:
    """Take the address of a database, which may hold a password."""
    is_sqlite = written.startswith(f"{_SQLITE}/") and len(written) > len(f"{_SQLITE}/")
    is_postgres = written.startswith((_POSTGRES, "postgres://")) and len(written) > len(_POSTGRES)
    if not (is_sqlite or is_postgres):
        raise ValueError("must be sqlite:///relative/path, sqlite:////absolute/path or postgresql://host/name")
    return Secret(written)


def zone(written: str) -> str:
    """Take the name of a time zone."""
    try:
        ZoneInfo(written)
    except (KeyError, ValueError, OSError) as problem:  # an unknown name, a path, a folder of zones
        raise ValueError("must be the name of a time zone such as UTC or America/Sao_Paulo") from problem
    return written


def frequency_cap(written: str) -> FrequencyCap:
    """Take `2/7d`: two campaigns a person in seven days; `h` is for hours."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})([hd])", written)
    span = int(found[2]) * _SPANS[found[3]] if found else 0
    if found is None or span > _LONGEST_SPAN:
        raise ValueError("must be campaigns per span such as 2/7d or 1/24h, of a year at most")
    return FrequencyCap(int(found[1]), span)


def phones(written: str) -> tuple[str, ...]:
    """Take phone numbers separated by commas; gives them as E.164. Never repeats a number in what it raises."""
    found: dict[str, None] = {}
    for place, part in enumerate(written.split(","), start=1):
        if not part.strip():
            continue
        try:
            found[phone.parse(part).e164] = None
        except InvalidInputError as problem:
            raise ValueError(f"must be phone numbers such as +12025550123; number {place} is not: {problem}") from None
    return tuple(found)


def rate_card(written: str) -> RateCard:
    """Read a rate card from a CSV file (see `bot.domain.rates`)."""
    path = Path(written)
    try:
        return RateCard.parse(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError("must name a readable CSV file in UTF-8") from problem
    except ConfigurationError as problem:
        raise ValueError(f"must name a good rate card: {problem}") from problem


user_ids = listed(matching(r"[UWS]\w+", "ids of Slack users or user groups such as U0123ABCD,S0456EFGH, no names"))
meta_ids = listed(matching(r"[A-Za-z0-9_-]+", "ids from WhatsApp Manager, comma separated, not the phone numbers"))
meta_id = matching(r"[A-Za-z0-9_-]+", "the account's id from WhatsApp Manager")
channel_id = matching(r"[CG]\w+", "the id of a channel such as C0123ABCD, not its name")
api_version = matching(r"v\d{1,3}\.\d{1,2}", "a version of the Graph API such as v25.0")
host = matching(r"[A-Za-z0-9_.:\-\[\]]+", "an address or host name such as 127.0.0.1 or 0.0.0.0")

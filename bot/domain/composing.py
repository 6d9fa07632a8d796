"""Writes each person's message parameters from a template and what was typed for its variables, fast.

Shapes from Meta, "Send marketing messages" and the template pages it names (read 2026-09); see docs/meta-api.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from bot.domain.expressions import Attribute, Expression, Reader, in_address, parse
from bot.domain.instants import Millis
from bot.domain.splicing import Slot, pieces
from bot.domain.template import Template, Variable, placeholders, variables

#: Meta gives 15 on some pages and 20 on another; the smaller is safe (Meta, "Coupon" and "Limited-time offer").
LONGEST_CODE: Final = 15
#: Longest body once its variables are filled in (Meta, "Template components").
LONGEST_BODY: Final = 1024
#: The same for limited-time offers (Meta, "Limited-time offer").
LONGEST_OFFER_BODY: Final = 600
#: What Meta calls an uploaded file.
MEDIA_ID: Final = re.compile(r"[0-9]{1,32}")
#: A button that leads through our own redirect, whatever our address is.
CLICK_LINK: Final = re.compile(r"(?P<base>.+)/c/\{\{\s*\w+\s*\}\}")

_VARIABLE: Final = re.compile(r"\{\{\s*[A-Za-z0-9_]+\s*\}\}")

Link: TypeAlias = tuple[str, int, str]


class Composed(NamedTuple):
    """One person's parameters. Somebody with anything in `missing`, or `is_too_long`, cannot be written to.

    `components_json` is `template.components` as it will be sent, `links` are (token, button index, landing address).
    `fallbacks` and `missing` name the attributes that the person has no (usable) value for.
    """

    components_json: bytes
    links: tuple[Link, ...] = ()
    fallbacks: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    #: The filled body is longer than `longest_body`, which Meta refuses (132005).
    is_too_long: bool = False


def is_click_link(url: str, public_url: str | None) -> bool:
    """Tell whether a button's URL leads through our own redirect: `PUBLIC_URL/c/{{1}}`."""
    found = CLICK_LINK.fullmatch(url)
    return found is not None and public_url is not None and _origin(found["base"]) == _origin(public_url)


def longest_body(template: Template) -> int:
    """Give the number of characters a filled body may have."""
    return LONGEST_BODY if template.component("LIMITED_TIME_OFFER") is None else LONGEST_OFFER_BODY


def is_countdown(template: Template) -> bool:
    """Tell whether the template shows until when its offer stands."""
    offer = template.component("LIMITED_TIME_OFFER")
    if offer is None:
        return False
    settings = offer.get("limited_time_offer")
    return not (isinstance(settings, Mapping) and settings.get("has_expiration") is False)


class _Person(Reader):
    """What writing one person's message needs and finds."""

    __slots__ = ("body_length", "links", "token")

    def __init__(self, attributes: Mapping[str, str], token: Callable[[], str], body_length: int) -> None:
        super().__init__(attributes)
        self.token = token
        self.links: list[Link] = []
        self.body_length = body_length


#: Writes one value that differs between people.
_Slot: TypeAlias = Slot[_Person]


class Composer:
    """Writes message parameters for one template and one form that `check` found right.

    Everything that is the same for all people is written once. Raises ExpressionError for a form `check` cannot parse.
    """

    def __init__(
        self,
        template: Template,
        bindings: Mapping[str, str],
        public_url: str | None,
        offer_ends_at: Millis | None = None,
    ) -> None:
        self._template = template
        self._public_url = public_url
        self._offer_ends_at = offer_ends_at
        self._expressions = {v.key: parse(bindings.get(v.key, "")) for v in variables(template)}
        self._body_length = len(_VARIABLE.sub("", str((template.component("BODY") or {}).get("text", ""))))
        self._longest_body = longest_body(template)
        self._pieces = pieces(list(self._components()))
        #: What everybody gets, where nothing differs between people.
        self._same = None if any(map(callable, self._pieces)) else self._compose(_Person({}, str, self._body_length))

    def compose(self, attributes: Mapping[str, str], *, token: Callable[[], str]) -> Composed:
        """Write one person's parameters; `token` gives a fresh URL-safe token for each click link."""
        return self._same or self._compose(_Person(attributes, token, self._body_length))

    def _compose(self, person: _Person) -> Composed:
        written = [piece if isinstance(piece, str) else encode_basestring(piece(person)) for piece in self._pieces]
        return Composed(
            "".join(written).encode("utf-8", "replace"),
            tuple(person.links),
            frozenset(person.fallbacks),
            frozenset(person.missing),
            person.body_length > self._longest_body,
        )

    def _components(self) -> Iterator[dict[str, Any]]:
        if parameters := self._header():
            yield {"type": "header", "parameters": parameters}
        if names := self._names("BODY"):
            yield {"type": "body", "parameters": [self._text("body", name) for name in names]}
        if is_countdown(self._template) and self._offer_ends_at is not None:
            offer = {
                "type": "limited_time_offer",
                "limited_time_offer": {"expiration_time_ms": int(self._offer_ends_at)},
            }
            yield {"type": "limited_time_offer", "parameters": [offer]}
        for variable in variables(self._template):
            if variable.component == "button":
                yield self._button(variable)

    def _names(self, kind: str) -> list[str]:
        return placeholders(str((self._template.component(kind) or {}).get("text", "")))

    def _header(self) -> list[dict[str, Any]]:
        wanted = [variable for variable in variables(self._template) if variable.component == "header"]
        if not wanted or wanted[0].kind == "text":
            return [self._text("header", variable.name) for variable in wanted]
        header = self._template.component("HEADER") or {}
        kind = str(header.get("format")).lower()
        return [{"type": kind, kind: _media(kind, self._expressions[wanted[0].key])}]

    def _text(self, component: str, name: str) -> dict[str, Any]:
        expression = self._expressions[f"{component}:{name}"]
        times = self._occurrences(name) if component == "body" else 0
        if expression.is_fixed:
            self._body_length += times * len("".join(map(str, expression.parts)))
        parameter: dict[str, Any] = {"type": "text"}
        if self._template.parameter_format == "NAMED":
            parameter["parameter_name"] = name
        parameter["text"] = _value(expression, partial(_write_text, expression, times))
        return parameter

    def _occurrences(self, name: str) -> int:
        body = str((self._template.component("BODY") or {}).get("text", ""))
        return sum(found.group().strip("{} ") == name for found in _VARIABLE.finditer(body))

    def _button(self, variable: Variable) -> dict[str, Any]:
        expression = self._expressions[variable.key]
        if variable.kind == "code":
            kind = "copy_code"
            parameter = {"type": "coupon_code", "coupon_code": _value(expression, partial(_write_code, expression))}
        else:
            kind = "url"
            parameter = {"type": "text", "text": self._suffix(variable, expression.encoded())}
        return {"type": "button", "sub_type": kind, "index": variable.name, "parameters": [parameter]}

    def _suffix(self, variable: Variable, encoded: Expression) -> "str | _Slot":
        if is_click_link(variable.example, self._public_url):
            return partial(_write_token, encoded, int(variable.name))
        return _value(encoded, partial(_write_address, encoded))


def _value(expression: Expression, slot: _Slot) -> "str | _Slot":
    return "".join(map(str, expression.parts)) if expression.is_fixed else slot


def _write_text(expression: Expression, times: int, person: _Person) -> str:
    text = person.read(expression)
    person.body_length += times * len(text)
    return text


def _write_address(encoded: Expression, person: _Person) -> str:
    return person.read(encoded, in_address)


def _write_code(expression: Expression, person: _Person) -> str:
    """Write a coupon code; one that is too long for Meta counts as absent."""
    code = person.read(expression)
    if len(code) > LONGEST_CODE:
        person.missing.update(part.name for part in expression.parts if isinstance(part, Attribute))
    return code


def _write_token(landing: Expression, index: int, person: _Person) -> str:
    token = person.token()
    person.links.append((token, index, person.read(landing, in_address)))
    return token


def _media(kind: str, expression: Expression) -> dict[str, Any]:
    """Refer to a file by its link or its uploaded id; a document gets the file name of its link."""
    if expression.is_fixed and MEDIA_ID.fullmatch(expression.start):
        return {"id": expression.start}
    encoded = expression.encoded()
    media: dict[str, Any] = {"link": _value(encoded, partial(_write_address, encoded))}
    filename = unquote(urlsplit(expression.start).path.rpartition("/")[2])
    if kind == "document" and expression.is_fixed and "." in filename:
        media["filename"] = filename
    return media


def _origin(url: str) -> str:
    """Write an address so that two spellings of one are equal: scheme and host in lower case, no slash at the end."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"

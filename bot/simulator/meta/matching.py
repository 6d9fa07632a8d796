"""Matches the variables of a send with what its template defines, and renders what the person will see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.simulator.meta import wire
from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FORBIDDEN_TEXT = re.compile(r"[\n\r\t]| {5,}")
_URL_SUFFIX = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_LENGTHS = {"header": 60, "body": 1024, "url": 2000}
_COUPON_LENGTH = 15
_SECTIONS, _PRODUCTS, _SECTION_TITLE = 10, 30, 24
_PRODUCT_CARDS = range(2, 11)
_EARLIEST_MILLISECONDS = 100_000_000_000  # below: seconds, or a date in 1973


@dataclass(slots=True)
class Rendered:
    """What the person will see and can press."""

    header: str = ""
    body: str = ""
    urls: list[str] = field(default_factory=list)
    replies: list[tuple[str, str]] = field(default_factory=list)  # text, payload
    cards: list[Rendered] = field(default_factory=list)

    def all_urls(self) -> list[str]:
        """List the URL buttons of the message and then of its cards."""
        return self.urls + [url for card in self.cards for url in card.urls]

    def all_replies(self) -> list[tuple[str, str]]:
        """List the quick replies of the message and then of its cards."""
        return self.replies + [reply for card in self.cards for reply in card.replies]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches one message; `check_media(kind, file)` refuses a file Meta could not send."""

    named: bool
    now: float
    check_media: Callable[[str, wire.MediaObject], None]

    def match(self, defined: Sequence[dict[str, Any]], sent: Sequence[wire.Component]) -> Rendered:
        """Render a template or a card.

        Raises GraphError: 132000 for counts, 132012 for types, 132018 for contents, 131008/131009 for what is
        missing or impossible, 132005 for what becomes too long.
        """
        parts = {part["type"].upper(): part for part in defined}
        given = _by_kind(sent)
        seen = Rendered()
        seen.header = self._header(parts.get("HEADER", {}), given.header)
        seen.body = self._words("body", parts.get("BODY", {}).get("text", ""), given.body)
        self._offer(parts.get("LIMITED_TIME_OFFER"), given.offer)
        self._buttons(parts.get("BUTTONS", {}).get("buttons", []), given.buttons, seen)
        self._cards(parts.get("CAROUSEL"), given.carousel, seen)
        return seen

    def _header(self, part: dict[str, Any], given: list[wire.HeaderParameter]) -> str:
        kind = part.get("format", "TEXT")
        if kind == "TEXT":
            return self._words("header", part.get("text", ""), given)
        expected = kind.lower()
        if len(given) != 1:
            raise GraphError(132012, f"header: expected one {expected} parameter, got {len(given)}")
        parameter = given[0]
        found = parameter.__struct_config__.tag
        if found != expected:
            raise GraphError(132012, f"header: format mismatch, expected {kind}, received {str(found).upper()}")
        if expected in {"image", "video", "document", "gif"}:
            self.check_media(expected, getattr(parameter, expected))
        return f"[{expected}]"

    def _words(self, place: str, text: str, given: Sequence[wire.HeaderParameter | wire.Words]) -> str:
        wanted = placeholders(text)
        if len(given) != len(wanted):
            raise GraphError(132000, f"{place}: number of params ({len(given)}) does not match ({len(wanted)})")
        values = dict(zip(wanted, given, strict=True)) if not self.named else _by_name(place, wanted, given)
        shown = {name: _word(place, parameter) for name, parameter in values.items()}
        rendered = _PLACEHOLDER.sub(lambda found: shown[found[1]], text) if shown else text
        if len(rendered) > _LENGTHS[place]:
            raise GraphError(132005, f"{place}: translated text too long ({len(rendered)} > {_LENGTHS[place]})")
        return rendered

    def _offer(self, part: dict[str, Any] | None, given: wire.Offer | None) -> None:
        timed = bool(part and part["limited_time_offer"].get("has_expiration"))
        if timed and (given is None or len(given.parameters) != 1):
            raise GraphError(131008, "limited_time_offer: expiration_time_ms is required")
        if not timed and given is not None:
            raise GraphError(132000, "limited_time_offer: the template has no offer with an expiration")
        if given is None:
            return
        ends = given.parameters[0].limited_time_offer.expiration_time_ms
        if ends < _EARLIEST_MILLISECONDS:
            raise GraphError(131009, f"limited_time_offer: expiration_time_ms {ends} must be in milliseconds")
        if ends <= self.now * 1000:
            raise GraphError(131009, f"limited_time_offer: expiration_time_ms {ends} is in the past")

    def _buttons(self, defined: list[dict[str, Any]], given: dict[int, wire.Button], seen: Rendered) -> None:
        for index in given:
            if index not in range(len(defined)):
                raise GraphError(131009, f"buttons: no button at index {index}; the template has {len(defined)}")
        for index, button in enumerate(defined):
            _button(index, button, given.get(index), seen)

    def _cards(self, part: dict[str, Any] | None, given: wire.Carousel | None, seen: Rendered) -> None:
        if part is None or given is None:
            if part is not None or given is not None:
                raise GraphError(132000, "carousel: the template and the message must both have cards or none")
            return
        defined = part["cards"]
        cards = sorted(given.cards, key=lambda card: card.card_index)
        if [card.card_index for card in cards] != list(range(len(cards))):
            raise GraphError(131009, "carousel: card_index must count from 0 without gaps")
        products = any(piece.get("format") == "PRODUCT" for piece in defined[0]["components"])
        fits = len(cards) in _PRODUCT_CARDS if products else len(cards) == len(defined)
        if not fits:
            raise GraphError(132000, f"carousel: number of cards ({len(cards)}) does not match ({len(defined)})")
        for index, card in enumerate(cards):
            pieces = defined[min(index, len(defined) - 1)]["components"]
            seen.cards.append(self.match(pieces, card.components))


@lru_cache(maxsize=4096)
def placeholders(text: str) -> tuple[str, ...]:
    """List a text's variables once each, in order of appearance (positional ones by number)."""
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
    return tuple(sorted(names, key=int)) if all(name.isdigit() for name in names) else names


@dataclass(slots=True)
class _Given:
    header: list[wire.HeaderParameter] = field(default_factory=list)
    body: list[wire.Words] = field(default_factory=list)
    offer: wire.Offer | None = None
    carousel: wire.Carousel | None = None
    buttons: dict[int, wire.Button] = field(default_factory=dict)


def _by_kind(sent: Sequence[wire.Component]) -> _Given:
    given, kinds = _Given(), set[object]()
    for component in sent:
        match component:
            case wire.Header():
                given.header = component.parameters
            case wire.Body():
                given.body = component.parameters
            case wire.Offer():
                given.offer = component
            case wire.Carousel():
                given.carousel = component
            case wire.Button():
                given.buttons[_index(component)] = component
            case wire.TapTargets():
                _tap_targets(component)
        kind = (type(component), getattr(component, "index", None))
        if kind in kinds:
            raise GraphError(131009, f"components: {type(component).__name__.lower()} appears twice")
        kinds.add(kind)
    return given


def _index(button: wire.Button) -> int:
    if not str(button.index).isdecimal():
        raise GraphError(131009, f"buttons: index must be a number from 0, got {button.index!r}")
    return int(button.index)


def _tap_targets(component: wire.TapTargets) -> None:
    if len(component.parameters) != 1 or len(component.parameters[0].tap_target_configuration) != 1:
        raise GraphError(131009, "tap_target_configuration: exactly one target is required")


def _by_name(place: str, wanted: Sequence[str], given: Sequence[Any]) -> dict[str, Any]:
    named = {getattr(parameter, "parameter_name", None) or "": parameter for parameter in given}
    if "" in named:
        raise GraphError(132018, f"{place}: parameter_name is missing; this template's variables are named")
    if set(named) != set(wanted):
        raise GraphError(132018, f"{place}: parameter names {sorted(named)} do not match {sorted(wanted)}")
    return named


def _word(place: str, parameter: Any) -> str:
    match parameter:
        case wire.TextParameter(text=text):
            return _clean(place, text)
        case wire.CurrencyParameter(currency=currency):
            return currency.fallback_value
        case wire.DateTimeParameter(date_time=date_time):
            return date_time.fallback_value
    raise GraphError(132012, f"{place}: a text variable cannot be of type {parameter.__struct_config__.tag}")


def _clean(place: str, text: str) -> str:
    if not text:
        raise GraphError(131008, f"{place}: parameter text is empty")
    if _FORBIDDEN_TEXT.search(text):
        raise GraphError(
            132018, f"{place}: text cannot have new-line or tab characters or more than 4 consecutive spaces"
        )
    return text


def _button(index: int, defined: dict[str, Any], given: wire.Button | None, seen: Rendered) -> None:
    kind = defined["type"].lower()
    if given is not None and given.sub_type.lower() != kind:
        raise GraphError(132012, f"buttons: button at index {index} is {kind}, received {given.sub_type}")
    if given is not None and len(given.parameters) != 1:
        raise GraphError(132000, f"buttons: button at index {index} takes one parameter, got {len(given.parameters)}")
    parameter = given.parameters[0] if given else None
    match kind:
        case "url":
            seen.urls.append(_url(index, defined["url"], parameter))
        case "quick_reply":
            seen.replies.append((defined["text"], _payload(index, defined["text"], parameter)))
        case "copy_code":
            _coupon(index, parameter)
        case "catalog" | "mpm" | "flow":
            _action(index, kind, parameter)
        case _:
            if parameter is not None:
                raise GraphError(132018, f"buttons: button at index {index} of type {kind} takes no parameter")


def _url(index: int, url: str, parameter: wire.ButtonParameter | None) -> str:
    wanted = bool(placeholders(url))
    if parameter is None:
        if wanted:
            raise GraphError(131008, f"buttons: button at index {index} of type Url requires a parameter")
        return url
    if not wanted:
        raise GraphError(132018, f"buttons: button at index {index} has a fixed Url and takes no parameter")
    if not isinstance(parameter, wire.TextParameter):
        raise GraphError(132012, f"buttons: button at index {index} of type Url takes a text parameter")
    if not _URL_SUFFIX.fullmatch(parameter.text):
        raise GraphError(132018, f"buttons: the Url suffix at index {index} is empty or not percent-encoded")
    address = _PLACEHOLDER.sub(lambda _: parameter.text, url)
    if len(address) > _LENGTHS["url"]:
        raise GraphError(132005, f"buttons: the Url at index {index} is longer than {_LENGTHS['url']}")
    return address


def _payload(index: int, text: str, parameter: wire.ButtonParameter | None) -> str:
    if parameter is None:
        return text
    if not isinstance(parameter, wire.PayloadParameter):
        raise GraphError(132012, f"buttons: quick reply at index {index} takes a payload parameter")
    return parameter.payload


def _coupon(index: int, parameter: wire.ButtonParameter | None) -> None:
    if not isinstance(parameter, wire.CouponParameter):
        code = 131008 if parameter is None else 132012
        raise GraphError(code, f"buttons: button at index {index} requires a coupon_code parameter")
    if not 0 < len(parameter.coupon_code) <= _COUPON_LENGTH:
        raise GraphError(132018, f"buttons: coupon_code must have 1 to {_COUPON_LENGTH} characters")


def _action(index: int, kind: str, parameter: wire.ButtonParameter | None) -> None:
    if parameter is None:
        if kind == "mpm":
            raise GraphError(131008, f"buttons: mpm button at index {index} requires an action")
        return
    if not isinstance(parameter, wire.ActionParameter):
        raise GraphError(132012, f"buttons: {kind} button at index {index} takes an action parameter")
    if kind == "mpm":
        _sections(parameter.action.sections or [])


def _sections(sections: list[wire.Section]) -> None:
    products = sum(len(section.product_items) for section in sections)
    if not 0 < len(sections) <= _SECTIONS or not 0 < products <= _PRODUCTS:
        raise GraphError(131009, f"buttons: mpm takes 1 to {_SECTIONS} sections and 1 to {_PRODUCTS} products")
    if any(len(section.title) > _SECTION_TITLE for section in sections):
        raise GraphError(131009, f"buttons: an mpm section's title has at most {_SECTION_TITLE} characters")

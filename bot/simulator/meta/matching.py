"""Matches the variables of a send with what its template defines, and renders what the person will see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.simulator.meta import buttons, parameters, wire
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.rendering import PLACEHOLDER, Rendered, placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FORBIDDEN_TEXT = re.compile(r"[\n\r\t]| {5,}")
_LENGTHS = {"header": 60, "body": 1024}
_PRODUCT_CARDS = range(2, 11)
_EARLIEST_MILLISECONDS = 100_000_000_000  # below: seconds, or a date in 1973


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches one message; `check_media(kind, file)` refuses a file Meta could not send."""

    named: bool
    now: float
    check_media: Callable[[str, parameters.MediaObject], None]

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

    def _header(self, part: dict[str, Any], given: list[parameters.HeaderParameter]) -> str:
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

    def _words(self, place: str, text: str, given: Sequence[parameters.HeaderParameter | parameters.Words]) -> str:
        wanted = placeholders(text)
        if len(given) != len(wanted):
            raise GraphError(132000, f"{place}: number of params ({len(given)}) does not match ({len(wanted)})")
        values = dict(zip(wanted, given, strict=True)) if not self.named else _by_name(place, wanted, given)
        shown = {name: _word(place, parameter) for name, parameter in values.items()}
        rendered = PLACEHOLDER.sub(lambda found: shown[found[1]], text) if shown else text
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
            buttons.fill(index, button, given.get(index), seen)

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


@dataclass(slots=True)
class _Given:
    header: list[parameters.HeaderParameter] = field(default_factory=list)
    body: list[parameters.Words] = field(default_factory=list)
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
        case parameters.TextParameter(text=text):
            return _clean(place, text)
        case parameters.CurrencyParameter(currency=currency):
            return currency.fallback_value
        case parameters.DateTimeParameter(date_time=date_time):
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

"""Buttons of a template: which parameter each kind takes, and what the person can press afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.simulator.meta import parameters
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.rendering import PLACEHOLDER, Rendered, placeholders

if TYPE_CHECKING:
    from bot.simulator.meta import wire

_URL_SUFFIX = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_URL_LENGTH = 2000
_COUPON_LENGTH = 15
_SECTIONS, _PRODUCTS, _SECTION_TITLE = 10, 30, 24


def fill(index: int, defined: dict[str, Any], given: wire.Button | None, seen: Rendered) -> None:
    """Add one defined button, filled with what was given for it, to what the person sees. Raises GraphError."""
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


def _url(index: int, url: str, parameter: parameters.ButtonParameter | None) -> str:
    wanted = bool(placeholders(url))
    if parameter is None:
        if wanted:
            raise GraphError(131008, f"buttons: button at index {index} of type Url requires a parameter")
        return url
    if not wanted:
        raise GraphError(132018, f"buttons: button at index {index} has a fixed Url and takes no parameter")
    if not isinstance(parameter, parameters.TextParameter):
        raise GraphError(132012, f"buttons: button at index {index} of type Url takes a text parameter")
    if not _URL_SUFFIX.fullmatch(parameter.text):
        raise GraphError(132018, f"buttons: the Url suffix at index {index} is empty or not percent-encoded")
    address = PLACEHOLDER.sub(lambda _: parameter.text, url)
    if len(address) > _URL_LENGTH:
        raise GraphError(132005, f"buttons: the Url at index {index} is longer than {_URL_LENGTH}")
    return address


def _payload(index: int, text: str, parameter: parameters.ButtonParameter | None) -> str:
    if parameter is None:
        return text
    if not isinstance(parameter, parameters.PayloadParameter):
        raise GraphError(132012, f"buttons: quick reply at index {index} takes a payload parameter")
    return parameter.payload


def _coupon(index: int, parameter: parameters.ButtonParameter | None) -> None:
    if not isinstance(parameter, parameters.CouponParameter):
        code = 131008 if parameter is None else 132012
        raise GraphError(code, f"buttons: button at index {index} requires a coupon_code parameter")
    if not 0 < len(parameter.coupon_code) <= _COUPON_LENGTH:
        raise GraphError(132018, f"buttons: coupon_code must have 1 to {_COUPON_LENGTH} characters")


def _action(index: int, kind: str, parameter: parameters.ButtonParameter | None) -> None:
    if parameter is None:
        if kind == "mpm":
            raise GraphError(131008, f"buttons: mpm button at index {index} requires an action")
        return
    if not isinstance(parameter, parameters.ActionParameter):
        raise GraphError(132012, f"buttons: {kind} button at index {index} takes an action parameter")
    if kind == "mpm":
        _sections(parameter.action.sections or [])


def _sections(sections: list[parameters.Section]) -> None:
    products = sum(len(section.product_items) for section in sections)
    if not 0 < len(sections) <= _SECTIONS or not 0 < products <= _PRODUCTS:
        raise GraphError(131009, f"buttons: mpm takes 1 to {_SECTIONS} sections and 1 to {_PRODUCTS} products")
    if any(len(section.title) > _SECTION_TITLE for section in sections):
        raise GraphError(131009, f"buttons: an mpm section's title has at most {_SECTION_TITLE} characters")

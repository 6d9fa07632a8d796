"""Checks what was typed for a template's variables, once, before anything is planned. `Composer` then uses it.

Limits from Meta, "Template components", "Coupon" and "Limited-time offer" (read 2026-09); see docs/meta-api.md.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from bot.domain.composing import CLICK_LINK, LONGEST_CODE, MEDIA_ID, Composed, Composer, is_click_link, is_countdown
from bot.domain.expressions import Attribute, Expression, ExpressionError, parse
from bot.domain.instants import Millis
from bot.domain.template import Template, Variable, variables

__all__ = ["Complaint", "Composed", "Composer", "check", "is_click_link"]

#: The field of the modal a complaint belongs to, and one sentence for it.
Complaint: TypeAlias = tuple[str, str]


def check(
    template: Template,
    bindings: Mapping[str, str],
    *,
    public_url: str | None,
    offer_ends_at: Millis | None,
    now: Millis,
) -> list[Complaint]:
    """List what is wrong with a form, in reading order; empty means that `Composer` will take it.

    Fields are those of the modal: `var:<component>:<name>`, `template` or `offer_ends`.
    """
    complaints = list(_template_complaints(template, public_url))
    for variable in variables(template):
        sentence = _complaint(variable, bindings.get(variable.key, ""), public_url)
        if sentence:
            complaints.append((f"var:{variable.key}", sentence))
    if is_countdown(template) and offer_ends_at is None:
        complaints.append(("offer_ends", "This template shows a countdown: say when the offer ends."))
    elif offer_ends_at is not None and offer_ends_at <= now:
        complaints.append(("offer_ends", "The offer has already ended: choose a time in the future."))
    return complaints


def _template_complaints(template: Template, public_url: str | None) -> Iterator[Complaint]:
    if public_url is None and any(CLICK_LINK.fullmatch(str(button.get("url", ""))) for button in template.buttons):
        yield (
            "template",
            "Its link counts clicks through Arauto's own address: set PUBLIC_URL, or choose another template.",
        )


def _complaint(variable: Variable, typed: str, public_url: str | None) -> str | None:
    try:
        expression = parse(typed)
    except ExpressionError as error:
        return str(error)
    if not expression.parts:
        return f"{variable.label} needs a value."
    match variable.kind:
        case "media":
            return _media_complaint(expression)
        case "code":
            return _code_complaint(expression)
        case "url" if is_click_link(variable.example, public_url):
            return _landing_complaint(expression)
        case _:
            return None


def _media_complaint(expression: Expression) -> str | None:
    if MEDIA_ID.fullmatch(expression.start) and expression.is_fixed:
        return None
    return (
        None
        if _has_host(expression, ("https",))
        else "Give an https link to the file, or the number of an uploaded one."
    )


def _code_complaint(expression: Expression) -> str | None:
    fixed = sum(len(part) for part in expression.parts if isinstance(part, str))
    spare = [part.fallback for part in expression.parts if isinstance(part, Attribute) and part.fallback]
    if fixed + sum(map(len, spare)) <= LONGEST_CODE:
        return None
    return f"A coupon code has at most {LONGEST_CODE} characters: shorten it."


def _landing_complaint(expression: Expression) -> str | None:
    if _has_host(expression, ("http", "https")):
        return None
    return "Give the whole landing address, beginning with https:// and a host name; attributes may follow later in it."


def _has_host(expression: Expression, schemes: tuple[str, ...]) -> bool:
    """Tell whether the fixed beginning settles where the address leads; a person's value must never decide that."""
    try:
        typed = urlsplit(expression.start)
        typed.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return False
    is_settled = expression.is_fixed or not set("/?#").isdisjoint(expression.start.partition("//")[2])
    return typed.scheme in schemes and bool(typed.hostname) and " " not in typed.netloc and is_settled

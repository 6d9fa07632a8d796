"""A template as Meta approved it: what can be sent, what cannot and why, and which values it needs.

Shapes from Meta, "Templates: components" and "Template management" (read 2026-09); unknown values never break reading.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.instants import DAY, Millis

#: Seconds a marketing template may wait for its phone (Meta, "Time to live", read 2026-09-11).
MIN_TTL_SECONDS = 43_200
MAX_TTL_SECONDS = 2_592_000
DEFAULT_TTL_SECONDS = MAX_TTL_SECONDS
#: A template unused and unchanged for longer than this sleeps in Meta's ad system (Meta, "Send marketing messages").
DORMANT_AFTER = 7 * DAY

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
MEDIA_FORMATS = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")

Component = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """One value a template needs: `component` is header, body or button; `name` as in `var:<component>:<name>`.

    `kind` is text, media (a link or an uploaded id), url (a suffix or our click link) or code (a coupon code).
    """

    component: str
    name: str
    kind: str
    label: str
    example: str = ""

    @property
    def key(self) -> str:
        """Give the key under which bindings hold its value."""
        return f"{self.component}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One translation of a template. `ttl_seconds` None means Meta's default of 30 days."""

    id: str
    name: str
    language: str
    status: str
    category: str
    components: Sequence[Component] = field(default_factory=tuple)
    parameter_format: str = "POSITIONAL"
    ttl_seconds: int | None = None
    quality: str = "UNKNOWN"
    #: A max-price bid: its estimate would be the bid, not the rate card.
    has_bid: bool = False
    last_updated_at: Millis | None = None
    #: When a campaign of ours last sent it.
    last_used_at: Millis | None = None

    def component(self, kind: str) -> Component | None:
        """Find the component of a type (HEADER, BODY, ..), or None."""
        return next((c for c in self.components if str(c.get("type", "")).upper() == kind), None)

    @property
    def buttons(self) -> Sequence[Component]:
        """List the buttons in the order of their indexes."""
        found = self.component("BUTTONS")
        return tuple(found.get("buttons", ())) if found else ()

    @property
    def lifetime_seconds(self) -> int:
        """Seconds an undelivered message lives on the MM route."""
        return self.ttl_seconds or DEFAULT_TTL_SECONDS

    def snapshot(self) -> dict[str, object]:
        """Give what an approval covers; anything in here that changes at Meta voids it. The TTL is judged apart."""
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": [dict(component) for component in self.components],
        }

    def is_dormant(self, now: Millis) -> bool:
        """Tell whether it needs its wake-up message first: neither used nor changed for a week."""
        latest = max(self.last_used_at or 0, self.last_updated_at or 0)
        return now - latest > DORMANT_AFTER


def unsendable_reason(template: Template) -> str | None:
    """Say in one sentence why a template cannot be sent by us now; None when it can."""
    if template.category != "MARKETING":
        return f"its category is {template.category.lower()}, and this endpoint takes marketing templates only"
    if template.status != "APPROVED":
        return f"Meta lists it as {template.status.lower()}; only approved templates can be sent"
    if template.has_bid:
        return "it carries a max-price bid, so its cost cannot be estimated from the rate card"
    return _unsupported_part(template)


def _unsupported_part(template: Template) -> str | None:
    for component in template.components:
        kind = str(component.get("type", "")).upper()
        if kind == "CAROUSEL":
            return "it is a carousel, which Arauto cannot send yet"
        if kind == "HEADER" and component.get("format") in ("LOCATION", "PRODUCT"):
            return f"its header is a {str(component['format']).lower()}, which Arauto cannot send yet"
        if kind not in ("HEADER", "BODY", "FOOTER", "BUTTONS", "LIMITED_TIME_OFFER"):
            return f"it has a part of type {kind.lower()}, which Arauto cannot send yet"
    for button in template.buttons:
        reason = _UNSUPPORTED_BUTTONS.get(str(button.get("type", "")).upper())
        if reason:
            return reason
    return None


_UNSUPPORTED_BUTTONS = {
    "CATALOG": "it is a catalog template, which Arauto cannot send yet",
    "MPM": "it is a multi-product template, which Arauto cannot send yet",
    "SPM": "it is a product template, which Arauto cannot send yet",
    "FLOW": "it starts a flow, which Arauto cannot send yet",
}


def variables(template: Template) -> tuple[Variable, ...]:
    """List every value the template needs, in reading order."""
    return tuple(_header_variables(template)) + tuple(_body_variables(template)) + tuple(_button_variables(template))


def placeholders(text: str) -> list[str]:
    """List the names or numbers in double braces, each once, in order of first appearance."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a template's text; an unknown placeholder stays as it is."""
    return _VARIABLE.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def _header_variables(template: Template) -> Iterator[Variable]:
    header = template.component("HEADER")
    if header is None:
        return
    kind = str(header.get("format", "TEXT")).upper()
    if kind in MEDIA_FORMATS:
        yield Variable("header", "1", "media", f"Header {kind.lower()} (https link or media id)")
        return
    for name in placeholders(str(header.get("text", ""))):
        yield Variable("header", name, "text", f"Header {{{{{name}}}}}")


def _body_variables(template: Template) -> Iterator[Variable]:
    body = template.component("BODY") or {}
    for name in placeholders(str(body.get("text", ""))):
        yield Variable("body", name, "text", f"Body {{{{{name}}}}}")


def _button_variables(template: Template) -> Iterator[Variable]:
    for index, button in enumerate(template.buttons):
        kind = str(button.get("type", "")).upper()
        if kind == "URL" and placeholders(str(button.get("url", ""))):
            yield Variable("button", str(index), "url", f"Link of “{button.get('text', '')}”", str(button["url"]))
        if kind == "COPY_CODE":
            yield Variable("button", str(index), "code", "Coupon code")

"""Builders of templates and forms, and what the tests of binding ask of them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.binding import Composed, Composer, check
from bot.domain.instants import Millis
from bot.domain.template import Template

PUBLIC = "https://arauto.example"
NOW = Millis(1_790_000_000_000)
LATER = Millis(NOW + 86_400_000)


def template(*components: Mapping[str, Any], parameter_format: str = "POSITIONAL") -> Template:
    return Template(
        id="1689556908129832",
        name="spring_drop_v3",
        language="nl",
        status="APPROVED",
        category="MARKETING",
        components=components,
        parameter_format=parameter_format,
    )


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def header(kind: str, text: str = "") -> dict[str, Any]:
    return {"type": "HEADER", "format": kind, "text": text}


def buttons(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(found)}


def url_button(url: str = "https://shop.example/p/{{1}}") -> dict[str, Any]:
    return {"type": "URL", "text": "Shop", "url": url}


COUPON = {"type": "COPY_CODE", "example": "SPRING20"}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}


def complaints(
    found: Template, *, public_url: str | None = PUBLIC, offer: Millis | None = None, **typed: str
) -> list[tuple[str, str]]:
    bindings = {key.replace("__", ":"): value for key, value in typed.items()}
    return check(found, bindings, public_url=public_url, offer_ends_at=offer, now=NOW)


def fields(found: list[tuple[str, str]]) -> list[str]:
    return [field for field, _ in found]


def numbered() -> Callable[[], str]:
    given = iter(range(1000))
    return lambda: f"token{next(given)}"


def composed(
    found: Template,
    bindings: Mapping[str, str],
    attributes: Mapping[str, str] | None = None,
    *,
    offer: Millis | None = None,
    public_url: str | None = PUBLIC,
) -> Composed:
    return Composer(found, bindings, public_url, offer).compose(attributes or {}, token=numbered())


def components(*args: Any, **more: Any) -> Any:
    return json.loads(composed(*args, **more).components_json)


def body_text(typed: str, attributes: Mapping[str, str] | None = None) -> str:
    [part] = components(template(body("Hi {{1}}")), {"body:1": typed}, attributes)
    return str(part["parameters"][0]["text"])

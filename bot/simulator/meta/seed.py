"""The account as it stands at the start: its templates, with dates relative to the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.simulator.meta.rendering import placeholders
from bot.simulator.meta.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
_DAY = 86_400.0
_PUBLIC = "PUBLIC"
_FIRST_ID = 1_689_556_908_100_000


def templates(now: float, public_url: str) -> list[Template]:
    """Build all seeded templates; links lead to `public_url`."""
    return [_template(number, now, public_url, row) for number, row in enumerate(_rows())]


def _template(number: int, now: float, public_url: str, row: Json) -> Template:
    days = row.pop("updated_days_ago", 1 + number % 5)
    for button in _buttons(row["components"]):
        if "url" in button:
            button["url"] = button["url"].replace(_PUBLIC, public_url.rstrip("/"))
        if "example" in button and button["type"] == "URL":
            button["example"] = [address.replace(_PUBLIC, public_url.rstrip("/")) for address in button["example"]]
    updated = now - days * _DAY
    return Template(id=str(_FIRST_ID + number * 37), approved_at=updated - _DAY, updated_at=updated, **row)


def _buttons(components: list[Json]) -> Iterator[Json]:
    for part in components:
        yield from part.get("buttons", [])
        for card in part.get("cards", []):
            yield from _buttons(card["components"])


def _rows() -> Iterator[Json]:
    yield from _texts()
    yield from _headers()
    yield from _offers()
    yield from _shops()
    yield from _states()
    for week in range(1, 17):
        yield _row(f"weekly_deal_{week:02}", [body(f"Deal of week {week}: {{{{1}}}} off until Sunday."), link()])


def _texts() -> Iterator[Json]:
    greetings = {
        "en_US": ("Hi {{first_name}}, spring is here: {{discount}} off this week.", "Shop now"),
        "pt_BR": ("Oi {{first_name}}, a primavera chegou: {{discount}} de desconto.", "Comprar"),
        "nl": ("Hoi {{first_name}}, het is lente: {{discount}} korting deze week.", "Bekijken"),
    }
    for language, (text, label) in greetings.items():
        parts = [header_text("Spring drop"), body(text), footer(), buttons(url(label))]
        yield _row("spring_drop", parts, language=language, parameter_format="NAMED")
    yield _row("order_again", [body("Hi {{1}}, your {{2}} is back in stock."), link("https://shop.example/p/{{1}}")])
    yield _row("vip_evening", [body("You are invited to our evening of offers."), replies("Yes", "No", "Stop")])
    yield _row("news_static", [body("Our news of the month."), link("https://shop.example/news")])
    yield _row("plain_hello", [body("Hello from the shop, nice to see you.")])


def _headers() -> Iterator[Json]:
    yield _row("hello_header", [header_text("News for {{1}}"), body("Have a look at {{1}} today.")])
    for kind in ("IMAGE", "VIDEO", "DOCUMENT", "GIF"):
        parts = [{"type": "HEADER", "format": kind}, body("New in the shop: {{1}}."), link()]
        yield _row(f"{kind.lower()}_promo", parts)
    call = {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"}
    yield _row("store_opening", [{"type": "HEADER", "format": "LOCATION"}, body("We open next week."), buttons(call)])


def _offers() -> Iterator[Json]:
    offer = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon!", "has_expiration": True}}
    coupon = {"type": "COPY_CODE", "example": "SPRING20"}
    yield _row("coupon_code", [body("Your code for {{1}} off is below."), buttons(coupon)])
    yield _row("flash_sale", [dict(offer), body("Only today for {{1}}!"), buttons(dict(coupon), url("Shop now"))])
    yield _row("short_lived", [body("Gone in half a day, {{1}}."), link()], message_send_ttl_seconds=43_200)
    yield _row("long_lived", [body("There is time, {{1}}."), link()], message_send_ttl_seconds=604_800)


def _shops() -> Iterator[Json]:
    def card(number: int) -> Json:
        image = {"type": "HEADER", "format": "IMAGE"}
        return {"components": [image, body(f"Item {number} for {{{{1}}}}."), buttons(url("Look"))]}

    yield _row("carousel_two", [body("Two picks for {{1}}."), {"type": "CAROUSEL", "cards": [card(1), card(2)]}])
    catalog = {"type": "CATALOG", "text": "View catalog"}
    yield _row("catalog_tour", [body("See all we have, {{1}}."), buttons(catalog)])
    yield _row("picked_products", [header_text("Picks"), body("For {{1}}."), buttons({"type": "MPM", "text": "View"})])
    yield _row("single_product", [{"type": "HEADER", "format": "PRODUCT"}, body("Made for {{1}}.")])
    flow = {"type": "FLOW", "text": "Book", "flow_id": "10011", "flow_action": "navigate"}
    yield _row("book_a_fitting", [body("Book a fitting, {{1}}."), buttons(flow)])


def _states() -> Iterator[Json]:
    text = [body("Your order {{1}} has left.")]
    yield _row("order_shipped", list(text), category="UTILITY")
    yield _row("hello_world", [body("Welcome and congratulations!")], category="UTILITY")
    yield _row("paused_promo", [body("Paused, {{1}}.")], status="PAUSED", quality="RED")
    yield _row("disabled_promo", [body("Disabled, {{1}}.")], status="DISABLED", quality="RED")
    yield _row("rejected_promo", [body("No, {{1}}.")], status="REJECTED", rejected_reason="PROMOTIONAL")
    yield _row("pending_promo", [body("Soon, {{1}}.")], status="PENDING", quality="UNKNOWN")
    yield _row("dormant_promo", [body("Long time no see, {{1}}."), link()], updated_days_ago=30)
    spec = {"bid_strategy": "LOWEST_COST_WITH_BID_CAP", "bid_amount": 6000}
    yield _row("max_price_promo", [body("Bid for {{1}}.")], extra={"optimization_spec": spec})


def _row(name: str, components: list[Json], **more: Any) -> Json:
    return {"name": name, "language": "en_US", "category": "MARKETING", "components": components} | more


def header_text(text: str) -> Json:
    """Build a text header."""
    return {"type": "HEADER", "format": "TEXT", "text": text}


def body(text: str) -> Json:
    """Build a body, with the examples Graph keeps beside its variables."""
    names = placeholders(text)
    part: Json = {"type": "BODY", "text": text}
    if names and names[0].isdigit():
        part["example"] = {"body_text": [[f"value {name}" for name in names]]}
    elif names:
        part["example"] = {"body_text_named_params": [{"param_name": name, "example": name} for name in names]}
    return part


def footer() -> Json:
    """Build the footer."""
    return {"type": "FOOTER", "text": "Reply STOP to opt out"}


def buttons(*defined: Json) -> Json:
    """Build a row of buttons."""
    return {"type": "BUTTONS", "buttons": list(defined)}


def url(text: str, address: str = _PUBLIC + "/c/{{1}}") -> Json:
    """Build a URL button."""
    example = {"example": [address.replace("{{1}}", "example")]} if placeholders(address) else {}
    return {"type": "URL", "text": text, "url": address, **example}


def link(address: str = _PUBLIC + "/c/{{1}}") -> Json:
    """Build a row with one URL button."""
    return buttons(url("Shop now", address))


def replies(*texts: str) -> Json:
    """Build a row of quick replies."""
    return buttons(*({"type": "QUICK_REPLY", "text": text} for text in texts))

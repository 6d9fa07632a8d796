"""The shapes of a send body: components and what surrounds them. An unknown key is error 100."""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.simulator.meta.parameters import (
    ButtonParameter,
    HeaderParameter,
    OfferParameter,
    Strict,
    TapTargetParameter,
    Words,
)


class Header(Strict, tag="header"):
    """The header's variables."""

    parameters: list[HeaderParameter] = msgspec.field(default_factory=list)


class Body(Strict, tag="body"):
    """The body's variables, in order or named."""

    parameters: list[Words] = msgspec.field(default_factory=list)


class Button(Strict, tag="button"):
    """One button's variable; `index` counts from 0."""

    sub_type: str
    index: str | int
    parameters: list[ButtonParameter] = msgspec.field(default_factory=list)


class Offer(Strict, tag="limited_time_offer"):
    """The offer's end."""

    parameters: list[OfferParameter]


class Card(Strict):
    """One card of a carousel."""

    card_index: int
    components: list[Header | Body | Button] = msgspec.field(default_factory=list)


class Carousel(Strict, tag="carousel"):
    """All cards of a carousel."""

    cards: list[Card]


class TapTargets(Strict, tag="tap_target_configuration"):
    """The message's tap target."""

    parameters: list[TapTargetParameter]


Component = Header | Body | Button | Offer | Carousel | TapTargets


class Language(Strict):
    """Which translation."""

    code: str
    policy: Literal["deterministic"] | None = None


class TemplateBody(Strict):
    """Which template, with which variables."""

    name: str
    language: Language
    components: list[Component] = msgspec.field(default_factory=list)


class BidSpec(Strict):
    """Max price: a factor on the template's bid."""

    per_message_bid_multiplier: float = 1.0


class MarketingBody(Strict):
    """The body of `POST /{PHONE_NUMBER_ID}/marketing_messages`."""

    messaging_product: Literal["whatsapp"]
    type: str
    template: TemplateBody | None = None
    to: str | None = None
    recipient: str | None = None
    recipient_type: Literal["individual"] = "individual"
    product_policy: Literal["CLOUD_API_FALLBACK", "STRICT"] = "CLOUD_API_FALLBACK"
    message_activity_sharing: bool | None = None
    bid_spec: BidSpec | None = None
    biz_opaque_callback_data: str | None = None


class FreeText(Strict):
    """A typed answer inside the service window."""

    body: str
    preview_url: bool = False


class Context(Strict):
    """The message that is answered."""

    message_id: str


class CloudBody(Strict):
    """The body of `POST /{PHONE_NUMBER_ID}/messages`, as far as templates, texts and read marks go."""

    messaging_product: Literal["whatsapp"]
    type: str = "text"
    template: TemplateBody | None = None
    text: FreeText | None = None
    to: str | None = None
    recipient: str | None = None
    recipient_type: Literal["individual"] = "individual"
    context: Context | None = None
    biz_opaque_callback_data: str | None = None
    status: Literal["read"] | None = None
    message_id: str | None = None


class Kind(msgspec.Struct):
    """Only the type: enough to refuse a foreign message before its own keys are judged."""

    type: str = ""

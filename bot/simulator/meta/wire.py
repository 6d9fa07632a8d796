"""The shapes of a send body. Nothing else may be in it: an unknown key is error 100."""

from __future__ import annotations

from typing import Literal

import msgspec


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Base: additionalProperties is false everywhere in Meta's schema."""


class MediaObject(_Strict):
    """A file by uploaded id or by link, never both."""

    id: str | None = None
    link: str | None = None
    filename: str | None = None


class Location(_Strict):
    """A place of a location header."""

    latitude: float | str
    longitude: float | str
    name: str
    address: str


class Product(_Strict):
    """A catalogue product of a product header."""

    product_retailer_id: str
    catalog_id: str


class Currency(_Strict):
    """An amount, shown as `fallback_value`."""

    fallback_value: str
    code: str
    amount_1000: int


class DateTime(_Strict):
    """A time, shown as `fallback_value`."""

    fallback_value: str


class ProductItem(_Strict):
    """One product of a section."""

    product_retailer_id: str


class Section(_Strict):
    """A titled list of products of a multi-product message."""

    title: str
    product_items: list[ProductItem]


class Action(_Strict):
    """What a catalogue, multi-product or flow button opens."""

    thumbnail_product_retailer_id: str | None = None
    sections: list[Section] | None = None
    flow_token: str | None = None
    flow_action_data: dict[str, msgspec.Raw] | None = None


class Expiry(_Strict):
    """When a limited-time offer ends, unix milliseconds."""

    expiration_time_ms: int


class TapTarget(_Strict):
    """Where a tap on the message itself leads."""

    url: str
    title: str


class TextParameter(_Strict, tag="text"):
    """A text; named templates need the name."""

    text: str
    parameter_name: str | None = None


class ImageParameter(_Strict, tag="image"):
    """A header picture."""

    image: MediaObject


class VideoParameter(_Strict, tag="video"):
    """A header video."""

    video: MediaObject


class DocumentParameter(_Strict, tag="document"):
    """A header document."""

    document: MediaObject


class GifParameter(_Strict, tag="gif"):
    """A header animation, Marketing Messages only."""

    gif: MediaObject


class LocationParameter(_Strict, tag="location"):
    """A header place."""

    location: Location


class ProductParameter(_Strict, tag="product"):
    """A header product."""

    product: Product


class CurrencyParameter(_Strict, tag="currency"):
    """A localisable amount."""

    currency: Currency
    parameter_name: str | None = None


class DateTimeParameter(_Strict, tag="date_time"):
    """A localisable time."""

    date_time: DateTime
    parameter_name: str | None = None


class PayloadParameter(_Strict, tag="payload"):
    """What a quick reply sends back."""

    payload: str


class CouponParameter(_Strict, tag="coupon_code"):
    """A code to copy."""

    coupon_code: str


class ActionParameter(_Strict, tag="action"):
    """A button's action."""

    action: Action


class OfferParameter(_Strict, tag="limited_time_offer"):
    """An offer's end."""

    limited_time_offer: Expiry


class TapTargetParameter(_Strict, tag="tap_target_configuration"):
    """A message's tap target."""

    tap_target_configuration: list[TapTarget]


Words = TextParameter | CurrencyParameter | DateTimeParameter
File = ImageParameter | VideoParameter | DocumentParameter | GifParameter
HeaderParameter = TextParameter | File | LocationParameter | ProductParameter
ButtonParameter = TextParameter | PayloadParameter | CouponParameter | ActionParameter


class Header(_Strict, tag="header"):
    """The header's variables."""

    parameters: list[HeaderParameter] = []


class Body(_Strict, tag="body"):
    """The body's variables, in order or named."""

    parameters: list[Words] = []


class Button(_Strict, tag="button"):
    """One button's variable; `index` counts from 0."""

    sub_type: str
    index: str | int
    parameters: list[ButtonParameter] = []


class Offer(_Strict, tag="limited_time_offer"):
    """The offer's end."""

    parameters: list[OfferParameter]


class Card(_Strict):
    """One card of a carousel."""

    card_index: int
    components: list[Header | Body | Button] = []


class Carousel(_Strict, tag="carousel"):
    """All cards of a carousel."""

    cards: list[Card]


class TapTargets(_Strict, tag="tap_target_configuration"):
    """The message's tap target."""

    parameters: list[TapTargetParameter]


Component = Header | Body | Button | Offer | Carousel | TapTargets


class Language(_Strict):
    """Which translation."""

    code: str
    policy: Literal["deterministic"] | None = None


class TemplateBody(_Strict):
    """Which template, with which variables."""

    name: str
    language: Language
    components: list[Component] = []


class BidSpec(_Strict):
    """Max price: a factor on the template's bid."""

    per_message_bid_multiplier: float = 1.0


class MarketingBody(_Strict):
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


class FreeText(_Strict):
    """A typed answer inside the service window."""

    body: str
    preview_url: bool = False


class Context(_Strict):
    """The message that is answered."""

    message_id: str


class CloudBody(_Strict):
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

"""The shapes of template parameters. Nothing else may be in them: an unknown key is error 100."""

from __future__ import annotations

import msgspec


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Base: additionalProperties is false everywhere in Meta's schema."""


class MediaObject(Strict):
    """A file by uploaded id or by link, never both."""

    id: str | None = None
    link: str | None = None
    filename: str | None = None


class Location(Strict):
    """A place of a location header."""

    latitude: float | str
    longitude: float | str
    name: str
    address: str


class Product(Strict):
    """A catalogue product of a product header."""

    product_retailer_id: str
    catalog_id: str


class Currency(Strict):
    """An amount, shown as `fallback_value`."""

    fallback_value: str
    code: str
    amount_1000: int


class DateTime(Strict):
    """A time, shown as `fallback_value`."""

    fallback_value: str


class ProductItem(Strict):
    """One product of a section."""

    product_retailer_id: str


class Section(Strict):
    """A titled list of products of a multi-product message."""

    title: str
    product_items: list[ProductItem]


class Action(Strict):
    """What a catalogue, multi-product or flow button opens."""

    thumbnail_product_retailer_id: str | None = None
    sections: list[Section] | None = None
    flow_token: str | None = None
    flow_action_data: dict[str, msgspec.Raw] | None = None


class Expiry(Strict):
    """When a limited-time offer ends, unix milliseconds."""

    expiration_time_ms: int


class TapTarget(Strict):
    """Where a tap on the message itself leads."""

    url: str
    title: str


class TextParameter(Strict, tag="text"):
    """A text; named templates need the name."""

    text: str
    parameter_name: str | None = None


class ImageParameter(Strict, tag="image"):
    """A header picture."""

    image: MediaObject


class VideoParameter(Strict, tag="video"):
    """A header video."""

    video: MediaObject


class DocumentParameter(Strict, tag="document"):
    """A header document."""

    document: MediaObject


class GifParameter(Strict, tag="gif"):
    """A header animation, Marketing Messages only."""

    gif: MediaObject


class LocationParameter(Strict, tag="location"):
    """A header place."""

    location: Location


class ProductParameter(Strict, tag="product"):
    """A header product."""

    product: Product


class CurrencyParameter(Strict, tag="currency"):
    """A localisable amount."""

    currency: Currency
    parameter_name: str | None = None


class DateTimeParameter(Strict, tag="date_time"):
    """A localisable time."""

    date_time: DateTime
    parameter_name: str | None = None


class PayloadParameter(Strict, tag="payload"):
    """What a quick reply sends back."""

    payload: str


class CouponParameter(Strict, tag="coupon_code"):
    """A code to copy."""

    coupon_code: str


class ActionParameter(Strict, tag="action"):
    """A button's action."""

    action: Action


class OfferParameter(Strict, tag="limited_time_offer"):
    """An offer's end."""

    limited_time_offer: Expiry


class TapTargetParameter(Strict, tag="tap_target_configuration"):
    """A message's tap target."""

    tap_target_configuration: list[TapTarget]


Words = TextParameter | CurrencyParameter | DateTimeParameter
File = ImageParameter | VideoParameter | DocumentParameter | GifParameter
HeaderParameter = TextParameter | File | LocationParameter | ProductParameter
ButtonParameter = TextParameter | PayloadParameter | CouponParameter | ActionParameter

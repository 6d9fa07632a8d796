"""Judges a send and accepts it if nothing is wrong: what stands behind `marketing_messages` and `messages`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from bot.simulator.meta import people, wire
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.ledger import Message
from bot.simulator.meta.matching import Matcher
from bot.simulator.meta.recipients import Recipient, resolve
from bot.simulator.meta.rendering import Rendered
from bot.simulator.meta.templates import DEFAULT_TTL

if TYPE_CHECKING:
    from bot.simulator.meta.account import SenderNumber
    from bot.simulator.meta.people import Plan
    from bot.simulator.meta.reactions import Reactions
    from bot.simulator.meta.templates import Template
    from bot.simulator.meta.world import World

_CALLBACK_DATA_LENGTH = 512
_DAY = 86_400.0
# Meta, "About the platform", read 2026-08-04: bursts of at most 45 messages to one person within 6 seconds.
_PAIR_BURST, _PAIR_SECONDS = 45, 6.0
_MARKETING_MESSAGES, _CLOUD = "marketing_lite", "marketing"
_ECOSYSTEM, _STOPPED = 131049, 131050

Shape = TypeVar("Shape", wire.MarketingBody, wire.CloudBody)
_MARKETING_DECODER = msgspec.json.Decoder(wire.MarketingBody)
_CLOUD_DECODER = msgspec.json.Decoder(wire.CloudBody)


@dataclass(frozen=True, slots=True)
class _Draft:
    number: SenderNumber
    recipient: Recipient
    route: str
    at: float
    seen: Rendered
    callback_data: str | None
    template: Template | None = None


class Sending:
    """Takes request bodies for a number; returns the entered message and its drawn plan, or raises GraphError."""

    def __init__(self, world: World, reactions: Reactions) -> None:
        self._account = world.account
        self._knobs = world.knobs
        self._clock = world.clock
        self._catalogue = world.catalogue
        self._ledger = world.ledger
        self._phonebook = world.phonebook
        self._reactions = reactions

    def marketing(self, number: SenderNumber, raw: bytes) -> tuple[Message, Plan]:
        """Accept a body of `marketing_messages`."""
        body = _decode_marketing(raw)
        self._check_callback_data(body.biz_opaque_callback_data, may_refuse=True)
        recipient = resolve(body.to, body.recipient, number)
        if body.template is None:
            raise GraphError(131008, "The parameter template is required")
        now = self._clock.now()
        template = self._catalogue.sendable(body.template.name, body.template.language.code)
        if template.category != "MARKETING":
            raise GraphError(134100, f"template ({template.name}) is {template.category}; only MARKETING goes here")
        seen = self._match(template, body.template, now)
        route = self._route(template, body.product_policy, recipient, now)
        self._check_recipient(recipient, number, now, marketing=True)
        if route == _MARKETING_MESSAGES:
            self._catalogue.use(template, now)
        return self._enter(_Draft(number, recipient, route, now, seen, body.biz_opaque_callback_data, template))

    def cloud(self, number: SenderNumber, raw: bytes) -> tuple[Message, Plan] | None:
        """Accept a body of `messages`; None for a read mark, which sends nothing."""
        body = _decode(_CLOUD_DECODER, raw)
        if body.status == "read":
            return None
        self._check_callback_data(body.biz_opaque_callback_data, may_refuse=False)
        recipient = resolve(body.to, body.recipient, number)
        now = self._clock.now()
        if body.type == "text":
            return self._free_text(number, recipient, body, now)
        if body.type != "template":
            raise GraphError(131051, f"Message type {body.type} is not supported here")
        if body.template is None:
            raise GraphError(131008, "The parameter template is required")
        template = self._catalogue.sendable(body.template.name, body.template.language.code)
        seen = self._match(template, body.template, now)
        marketing = template.category == "MARKETING"
        if marketing:
            self._check_cloud_route(template)
        self._check_recipient(recipient, number, now, marketing=marketing)
        route = template.category.lower()
        return self._enter(_Draft(number, recipient, route, now, seen, body.biz_opaque_callback_data, template))

    def _free_text(
        self, number: SenderNumber, recipient: Recipient, body: wire.CloudBody, now: float
    ) -> tuple[Message, Plan]:
        if body.text is None or not body.text.body:
            raise GraphError(131008, "The parameter text.body is required")
        if now - self._reactions.windows.get(recipient.phone, -_DAY) >= _DAY:
            raise GraphError(131047, "More than 24 hours have passed since the recipient last replied")
        self._check_recipient(recipient, number, now, marketing=False)
        seen = Rendered(body=body.text.body)
        return self._enter(_Draft(number, recipient, "service", now, seen, body.biz_opaque_callback_data))

    def _check_callback_data(self, data: str | None, *, may_refuse: bool) -> None:
        if data is None:
            return
        if may_refuse and self._knobs.callback_data_refused:
            raise GraphError(100, 'Unexpected key "biz_opaque_callback_data" on param "root"')
        if len(data) > _CALLBACK_DATA_LENGTH:
            raise GraphError(100, f"Param biz_opaque_callback_data must be at most {_CALLBACK_DATA_LENGTH} characters")

    def _match(self, template: Template, body: wire.TemplateBody, now: float) -> Rendered:
        check_media = partial(self._account.check_media, now=now)
        matcher = Matcher(template.parameter_format == "NAMED", now, check_media)
        return matcher.match(template.components, body.components)

    def _route(self, template: Template, policy: str, recipient: Recipient, now: float) -> str:
        if template.extra.get("optimization_spec") and not recipient.phone.startswith("+"):
            raise GraphError(131062, "A max-price template cannot be sent to a business-scoped user id")
        onboarded = self._knobs.onboarding_status == "ONBOARDED"
        if onboarded and not self._catalogue.is_syncing(template, now):
            return _MARKETING_MESSAGES
        if policy == "STRICT":
            if onboarded:
                raise GraphError(134101, f"template ({template.name}) is still syncing; wait 10 minutes")
            raise GraphError(134102, "This business is not onboarded to Marketing Messages")
        self._check_cloud_route(template)
        return _CLOUD

    def _check_cloud_route(self, template: Template) -> None:
        if self._account.marketing_on_cloud_disabled:
            raise GraphError(131063, "Marketing templates are disabled on Cloud API for this account")
        if template.extra.get("optimization_spec"):
            raise GraphError(131061, f"template ({template.name}) has a max price and needs Marketing Messages")
        if any(part.get("format") == "GIF" for part in template.components):
            raise GraphError(132012, "header: GIF needs Marketing Messages")

    def _check_recipient(self, recipient: Recipient, number: SenderNumber, now: float, *, marketing: bool) -> None:
        if self._account.restriction:
            raise GraphError(self._account.restriction, "The account is restricted")
        person = self._phonebook.persona(recipient.phone)
        if person.refused:
            raise GraphError(person.refused, f"Refused on demand for number {number.id}")
        if marketing and recipient.phone in self._reactions.stopped and self._knobs.stop_refusal == "sync":
            raise GraphError(_STOPPED, "The recipient has stopped marketing messages from this business")
        if marketing and people.is_us(recipient.phone.lstrip("+")) and self._knobs.us_refusal == "sync":
            raise GraphError(_ECOSYSTEM, "Marketing templates are not delivered to the United States")
        earlier = self._ledger.received.get(recipient.phone, [])
        if len(earlier) >= _PAIR_BURST and now - earlier[-_PAIR_BURST].accepted_at < _PAIR_SECONDS:
            raise GraphError(131056, "Too many messages to this recipient in a short time")

    def _enter(self, draft: _Draft) -> tuple[Message, Plan]:
        template, recipient = draft.template, draft.recipient
        on_mm = draft.route == _MARKETING_MESSAGES
        ttl = template.message_send_ttl_seconds if template and on_mm else None
        digits = recipient.phone.lstrip("+")
        message = Message(
            wamid=self._ledger.new_wamid(digits),
            number_id=draft.number.id,
            to=recipient.given,
            phone=recipient.phone,
            wa_id=recipient.wa_id,
            route=draft.route,
            template=template.name if template else None,
            language=template.language if template else None,
            text=draft.seen.body,
            accepted_at=draft.at,
            ttl_seconds=ttl or DEFAULT_TTL,
            callback_data=draft.callback_data,
            stranger=recipient.stranger,
            seen=draft.seen,
            tracked=on_mm and self._is_tracked(template, digits),
        )
        plan = self._plan(message, marketing=draft.route in {_MARKETING_MESSAGES, _CLOUD})
        self._ledger.add(message)
        return message, plan

    def _is_tracked(self, template: Template | None, digits: str) -> bool:
        opted_out = template is not None and template.extra.get("cta_url_link_tracking_opted_out", False)
        return not opted_out and not digits.startswith(self._knobs.without_metrics)

    def _plan(self, message: Message, *, marketing: bool) -> Plan:
        earlier = self._ledger.received.get(message.phone, [])
        plan = self._phonebook.plan(message.phone, len(earlier))
        code = self._certain_failure(message, earlier) if marketing else None
        return replace(plan, failure=code) if code else plan

    def _certain_failure(self, message: Message, earlier: list[Message]) -> int | None:
        if message.phone in self._reactions.stopped:
            return _STOPPED
        if self._knobs.us_refusal == "webhook" and people.is_us(message.phone.lstrip("+")):
            return _ECOSYSTEM
        # Meta, "Per-user limits", read 2026-04-29: repeats within 24 h of 131049 are themselves refused.
        repeated = earlier and earlier[-1].code == _ECOSYSTEM and message.accepted_at - earlier[-1].accepted_at < _DAY
        return _ECOSYSTEM if repeated else None


def answer(message: Message) -> dict[str, Any]:
    """Build the answer to an accepted send."""
    known = {"user_id": message.phone} if message.is_user_id else {"wa_id": message.wa_id}
    state = "held_for_quality_assessment" if message.fate == "held" else "accepted"
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": message.to, **known}],
        "messages": [{"id": message.wamid, "message_status": state}],
    }


def _decode_marketing(raw: bytes) -> wire.MarketingBody:
    try:
        kind = msgspec.json.decode(raw, type=wire.Kind).type
    except msgspec.MsgspecError as broken:
        raise GraphError(100, f"The body is not valid: {broken}") from broken
    if kind and kind != "template":
        raise GraphError(131055, f"Only marketing templates are allowed here, not type {kind}")
    return _decode(_MARKETING_DECODER, raw)


def _decode(decoder: msgspec.json.Decoder[Shape], raw: bytes) -> Shape:
    try:
        return decoder.decode(raw)
    except msgspec.MsgspecError as broken:
        raise GraphError(100, f"Invalid parameter: {broken}") from broken

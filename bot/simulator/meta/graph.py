"""The Graph endpoints over HTTP: version, token, node and edge decide who answers."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from bot.simulator.meta import editing, faults, sending
from bot.simulator.meta.account import Media, SenderNumber, throughput
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.templates import Template, choose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.simulator.meta.simulator import MetaSimulator

_VERSION = re.compile(r"v\d+\.\d+")
_UNAVAILABLE = 503
_THROTTLED_CALLS = frozenset({4, 80007})
_SENDS = frozenset({"marketing_messages", "messages"})
_WABA_DEFAULT = ("id", "name", "timezone_id", "message_template_namespace")
_NUMBER_DEFAULT = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating", "throughput")
_MEDIA_LIMITS = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000}
_DOCUMENT_LIMIT = 100_000_000


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Build a JSON response."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def _usage(code: int, waba_id: str) -> dict[str, str]:
    """Tell, with the codes of call throttling only, how many minutes to wait."""
    if code not in _THROTTLED_CALLS:
        return {}
    spent = {"type": "whatsapp_business_management", "call_count": 100, "total_cputime": 25, "total_time": 25}
    usage = {waba_id: [spent | {"estimated_time_to_regain_access": 1}]}
    return {"X-Business-Use-Case-Usage": msgspec.json.encode(usage).decode()}


class Graph:
    """One request in, one response out."""

    def __init__(self, sim: MetaSimulator) -> None:
        self._sim = sim
        self._edges: dict[tuple[str, str, str], Callable[[Request, Any], Awaitable[Response]]] = {
            ("POST", "number", "marketing_messages"): self._marketing_messages,
            ("POST", "number", "messages"): self._messages,
            ("POST", "number", "media"): self._upload,
            ("GET", "number", ""): self._number,
            ("GET", "waba", ""): self._waba,
            ("POST", "waba", ""): self._change_waba,
            ("GET", "waba", "message_templates"): self._list_templates,
            ("POST", "waba", "message_templates"): self._create_template,
            ("GET", "waba", "phone_numbers"): self._list_numbers,
            ("GET", "waba", "subscribed_apps"): self._subscriptions,
            ("POST", "waba", "subscribed_apps"): self._subscribe,
            ("GET", "template", ""): self._template,
            ("POST", "template", ""): self._edit_template,
            ("POST", "template", "unpause"): self._unpause,
            ("GET", "media", ""): self._media,
        }

    async def answer(self, request: Request) -> Response:
        """Answer any Graph request, refusals included."""
        if self._sim.knobs.down:
            return Response(status_code=_UNAVAILABLE)
        try:
            return await self._dispatch(request)
        except GraphError as refused:
            self._sim.ledger.refusals[refused.code] += 1
            return as_json(refused.body(), refused.status, _usage(refused.code, self._sim.account.waba_id))

    async def _dispatch(self, request: Request) -> Response:
        version, _, path = request.url.path.lstrip("/").partition("/")
        node_id, _, edge = path.partition("/")
        if not _VERSION.fullmatch(version) or not node_id:
            raise GraphError(2500, f"Unknown path components: {request.url.path}; expected /v25.0/...")
        self._check_token(request)
        kind, node = self._node(node_id)
        handler = self._edges.get((request.method, kind, edge))
        if handler is None:
            raise GraphError(2500, f"Unknown path components: {request.method} /{edge} on a {kind}")
        return await (handler(request, node) if edge in _SENDS else self._manage(handler, request, node))

    async def _manage(self, handler: Callable[..., Awaitable[Response]], request: Request, node: Any) -> Response:
        await self._latency()
        fault = self._sim.faults.pick("manage", b"")
        if fault is None:
            return await handler(request, node)
        if fault.accepted:
            await handler(request, node)
        return await faults.answer_to(fault)

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if given != self._sim.account.access_token or self._sim.knobs.token_revoked:
            raise GraphError(190, "The access token is missing, wrong or expired")

    def _node(self, node_id: str) -> tuple[str, Any]:
        sim = self._sim
        if node_id == sim.account.waba_id:
            return "waba", sim.account
        if number := sim.account.numbers.get(node_id):
            return "number", number
        if template := sim.catalogue.by_id.get(node_id):
            return "template", template
        if media := sim.account.media.get(node_id):
            return "media", media
        raise GraphError(33, f"Object with ID {node_id} does not exist or cannot be loaded")

    # Sending

    async def _marketing_messages(self, request: Request, number: SenderNumber) -> Response:
        return await self._send(request, number, self._sim.sending.marketing)

    async def _messages(self, request: Request, number: SenderNumber) -> Response:
        return await self._send(request, number, self._sim.sending.cloud)

    async def _send(self, request: Request, number: SenderNumber, take: Callable[..., Any]) -> Response:
        sim, raw = self._sim, await request.body()
        if not number.pace.admit(sim.clock.real(), sim.knobs.mps):
            raise GraphError(130429, f"More than {sim.knobs.mps} requests in one second for this number")
        await self._latency()
        fault = sim.faults.pick("send", raw)
        if fault is not None and not fault.accepted:
            return await faults.answer_to(fault)
        taken = take(number, raw)
        if taken is None:
            return as_json({"success": True})
        message, plan = taken
        if sim.knobs.statuses_before_answer:
            await sim.delivery.begin_with_status(message, plan)
        else:
            sim.delivery.begin(message, plan)
        return await faults.answer_to(fault) if fault else as_json(sending.answer(message))

    async def _latency(self) -> None:
        knobs = self._sim.knobs
        if knobs.latency_real or knobs.latency_jitter_real:
            await asyncio.sleep(knobs.latency_real + knobs.latency_jitter_real * self._sim.rng.random())

    # Templates

    async def _list_templates(self, request: Request, _: object) -> Response:
        data, cursors, more = self._sim.catalogue.page(dict(request.query_params))
        page: dict[str, Any] = {"data": data}
        if cursors:
            page["paging"] = {"cursors": cursors}
        if more:
            page["paging"]["next"] = str(request.url.include_query_params(after=cursors["after"]))
        return as_json(page)

    async def _create_template(self, request: Request, _: object) -> Response:
        template = editing.create(self._sim.catalogue, await _fields(request), self._sim.clock.now())
        self._sim.events.review(template)
        return as_json({"id": template.id, "status": template.status, "category": template.category})

    async def _template(self, request: Request, template: Template) -> Response:
        default = ("name", "language", "status", "category", "components", "parameter_format")
        return as_json(choose(template.everything(), request.query_params.get("fields"), default))

    async def _edit_template(self, request: Request, template: Template) -> Response:
        ignored = self._sim.knobs.ttl_edits_ignored
        editing.edit(template, await _fields(request), self._sim.clock.now(), ignore_ttl=ignored)
        return as_json({"success": True})

    async def _unpause(self, _: Request, template: Template) -> Response:
        if template.status != "PAUSED":
            raise GraphError(100, f"template ({template.name}) is not paused but {template.status}")
        self._sim.events.template_status(template.id, "UNPAUSE")
        return as_json({"success": True})

    # Account, numbers, media

    async def _waba(self, request: Request, _: object) -> Response:
        account = self._sim.account
        everything = {
            "id": account.waba_id,
            "name": account.name,
            "timezone_id": "1",
            "currency": "EUR",
            "country": "US",
            "message_template_namespace": "2f7b4c1e_9d3a_4f0e",
            "account_review_status": "APPROVED",
            "business_verification_status": "verified",
            "ownership_type": "SELF",
            "owner_business_info": {"id": "506914307656634", "name": account.name},
            "marketing_messages_onboarding_status": self._sim.knobs.onboarding_status,
            "disable_marketing_messages_on_cloud_api": account.marketing_on_cloud_disabled,
            "is_enabled_for_insights": account.insights_enabled,
            "health_status": account.health("WABA", account.waba_id),
        }
        return as_json(choose(everything, request.query_params.get("fields"), _WABA_DEFAULT))

    async def _change_waba(self, request: Request, _: object) -> Response:
        wanted = {**request.query_params, **await _fields(request)}
        for key, value in wanted.items():
            flag = str(value).lower() == "true"
            if key == "disable_marketing_messages_on_cloud_api":
                self._sim.account.marketing_on_cloud_disabled = flag
            elif key == "is_enabled_for_insights":
                self._sim.account.insights_enabled = flag
            else:
                raise GraphError(100, f'Unexpected key "{key}" on param "root"')
        return as_json({"success": True})

    async def _number(self, request: Request, number: SenderNumber) -> Response:
        return as_json(choose(self._describe(number), request.query_params.get("fields"), _NUMBER_DEFAULT))

    async def _list_numbers(self, request: Request, _: object) -> Response:
        fields = request.query_params.get("fields")
        rows = [choose(self._describe(n), fields, _NUMBER_DEFAULT) for n in self._sim.account.numbers.values()]
        return as_json({"data": rows})

    def _describe(self, number: SenderNumber) -> dict[str, Any]:
        knobs = self._sim.knobs
        return {
            "id": number.id,
            "display_phone_number": f"+{number.digits}",
            "verified_name": number.verified_name,
            "code_verification_status": "VERIFIED",
            "quality_rating": number.quality,
            "platform_type": "CLOUD_API",
            "status": "CONNECTED",
            "name_status": "APPROVED",
            "account_mode": "LIVE",
            "throughput": throughput(knobs.mps),
            "messaging_limit_tier": knobs.messaging_limit,
            "whatsapp_business_manager_messaging_limit": knobs.messaging_limit,
            "health_status": self._sim.account.health("PHONE_NUMBER", number.id),
        }

    async def _subscriptions(self, _: Request, __: object) -> Response:
        account = self._sim.account
        app: dict[str, Any] = {"whatsapp_business_api_data": {"id": "670843887433847", "name": "Arauto", "link": ""}}
        if account.override_url:
            app["override_callback_uri"] = account.override_url
        return as_json({"data": [app] if account.subscribed else []})

    async def _subscribe(self, request: Request, _: object) -> Response:
        wanted, account = await _fields(request), self._sim.account
        if override := wanted.get("override_callback_uri"):
            await self._sim.handshake(str(override), str(wanted.get("verify_token", "")))
            account.override_url = str(override)
        account.subscribed = True
        return as_json({"success": True})

    async def _upload(self, request: Request, _: SenderNumber) -> Response:
        async with request.form() as form:
            file, product = form.get("file"), form.get("messaging_product")
            if product != "whatsapp" or file is None or isinstance(file, str):
                raise GraphError(100, "The parameters messaging_product and file are required")
            content, kind = await file.read(), str(form.get("type") or file.content_type)
        limit = _MEDIA_LIMITS.get(kind.partition("/")[0], _DOCUMENT_LIMIT)
        if not 0 < len(content) <= limit:
            raise GraphError(131053, f"The file has {len(content)} bytes; {kind} may have 1 to {limit}")
        account = self._sim.account
        media_id = str(1_166_846_181_421_000 + len(account.media))
        digest = hashlib.sha256(content).hexdigest()
        account.media[media_id] = Media(media_id, kind, digest, len(content), self._sim.clock.now())
        return as_json({"id": media_id})

    async def _media(self, request: Request, media: Media) -> Response:
        return as_json(
            {
                "messaging_product": "whatsapp",
                "url": f"{request.url.scheme}://{request.url.netloc}/media/{media.id}",
                "mime_type": media.mime_type,
                "sha256": media.sha256,
                "file_size": media.size,
                "id": media.id,
            }
        )


async def _fields(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError as broken:
        raise GraphError(100, f"The body is not a JSON object: {broken}") from broken

"""The Graph endpoints over HTTP: version, token, node and edge decide who answers."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from bot.simulator.meta import editing, faults, sending
from bot.simulator.meta.answers import as_json, fields_of, usage
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.nodes import Nodes
from bot.simulator.meta.templates import Template, choose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.simulator.meta.account import SenderNumber
    from bot.simulator.meta.simulator import MetaSimulator

_VERSION = re.compile(r"v\d+\.\d+")
_UNAVAILABLE = 503
_SENDS = frozenset({"marketing_messages", "messages"})


class Graph:
    """One request in, one response out."""

    def __init__(self, sim: MetaSimulator) -> None:
        self._sim = sim
        nodes = Nodes(sim)
        self._edges: dict[tuple[str, str, str], Callable[[Request, Any], Awaitable[Response]]] = {
            ("POST", "number", "marketing_messages"): self._marketing_messages,
            ("POST", "number", "messages"): self._messages,
            ("POST", "number", "media"): nodes.upload,
            ("GET", "number", ""): nodes.number,
            ("GET", "waba", ""): nodes.waba,
            ("POST", "waba", ""): nodes.change_waba,
            ("GET", "waba", "message_templates"): self._list_templates,
            ("POST", "waba", "message_templates"): self._create_template,
            ("GET", "waba", "phone_numbers"): nodes.list_numbers,
            ("GET", "waba", "subscribed_apps"): nodes.subscriptions,
            ("POST", "waba", "subscribed_apps"): nodes.subscribe,
            ("GET", "template", ""): self._template,
            ("POST", "template", ""): self._edit_template,
            ("POST", "template", "unpause"): self._unpause,
            ("GET", "media", ""): nodes.media,
        }

    async def answer(self, request: Request) -> Response:
        """Answer any Graph request, refusals included."""
        if self._sim.knobs.down:
            return Response(status_code=_UNAVAILABLE)
        try:
            return await self._dispatch(request)
        except GraphError as refused:
            self._sim.ledger.refusals[refused.code] += 1
            return as_json(refused.body(), refused.status, usage(refused.code, self._sim.account.waba_id))

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
        return faults.answer_to(fault)

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
            return faults.answer_to(fault)
        taken = take(number, raw)
        if taken is None:
            return as_json({"success": True})
        message, plan = taken
        if sim.knobs.statuses_before_answer:
            await sim.delivery.begin_with_status(message, plan)
        else:
            sim.delivery.begin(message, plan)
        return faults.answer_to(fault) if fault else as_json(sending.answer(message))

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
        template = editing.create(self._sim.catalogue, await fields_of(request), self._sim.clock.now())
        self._sim.events.review(template)
        return as_json({"id": template.id, "status": template.status, "category": template.category})

    async def _template(self, request: Request, template: Template) -> Response:
        default = ("name", "language", "status", "category", "components", "parameter_format")
        return as_json(choose(template.everything(), request.query_params.get("fields"), default))

    async def _edit_template(self, request: Request, template: Template) -> Response:
        ignored = self._sim.knobs.ttl_edits_ignored
        editing.edit(template, await fields_of(request), self._sim.clock.now(), ignore_ttl=ignored)
        return as_json({"success": True})

    async def _unpause(self, _: Request, template: Template) -> Response:
        if template.status != "PAUSED":
            raise GraphError(100, f"template ({template.name}) is not paused but {template.status}")
        self._sim.events.template_status(template.id, "UNPAUSE")
        return as_json({"success": True})

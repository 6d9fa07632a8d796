"""The public routes: Slack's requests, Meta's webhooks, click redirects, health and metrics; nothing else."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit, urlunsplit

from aiohttp import web

from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.absorbing import MOST_BYTES, WebhookEndpoint
from bot.runtime.connection import WEBHOOK_PATH
from bot.runtime.metrics import Metrics
from bot.services import clicking

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Gives the reasons why the process is not ready, by part; empty when it is.
Readiness = Callable[[], Awaitable[dict[str, str]]]
#: Gives what keeps Slack's channels from taking what is meant for them, by channel. Nobody has to stay away for that.
Troubles = Callable[[], Awaitable[dict[str, str]]]

#: Where the listener finds what takes webhooks: it has a shorter way to it than the route (`bot.runtime.connection`).
WEBHOOK = web.AppKey("webhook", WebhookEndpoint)

#: What stands for itself in an address (RFC 3986); everything else is written in percent.
_PLAIN = ":/%#?=@[]!$&'()*+,;"


def create_app(
    *,
    store: Storage,
    clock: Clock,
    webhook: WebhookEndpoint | None,
    slack: Handler | None,
    readiness: Readiness,
    metrics: Metrics,
    troubles: Troubles | None = None,
) -> web.Application:
    """Build the routes: none of Slack's with Socket Mode, none of Meta's where another process takes webhooks."""

    async def click(request: web.Request) -> web.Response:
        token = request.match_info["token"]
        if request.method == "HEAD":  # a preview of the link, no person
            landing = await store.read(lambda tx: clicking.landing(tx, token))
        else:
            landing = await store.write(lambda tx: clicking.follow(tx, token, clock.now()))
        if landing is None:
            return web.Response(text="This link is not one of ours.", status=404)
        address = quote(with_query(landing, request.raw_path.partition("?")[2]), safe=_PLAIN)
        return web.Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(_request: web.Request) -> web.Response:
        reasons = await readiness()
        closed = await troubles() if troubles is not None else {}
        answer = {"ready": not reasons, "reasons": reasons, **({"troubles": closed} if closed else {})}
        return web.json_response(answer, status=503 if reasons else 200)

    async def figures(_request: web.Request) -> web.Response:
        await readiness()  # refreshes the gauges
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=metrics.text(), headers=headers)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_get("/c/{token}", click)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", figures)
    if webhook is not None:
        app[WEBHOOK] = webhook
        app.router.add_get(WEBHOOK_PATH, webhook.verify)
        app.router.add_post(WEBHOOK_PATH, webhook.absorb)
    if slack is not None:
        app.router.add_post("/slack/events", slack)
    return app


def with_query(landing: str, query: str) -> str:
    """Carry a click's query on to the landing address, behind the landing's own (Meta's click id must survive).

    Both stay as they were written: a signed landing address would not survive being written anew.
    """
    parts = urlsplit(landing)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, query)))))

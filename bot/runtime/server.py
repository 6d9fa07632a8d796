"""The public listener: Slack's requests, Meta's webhooks, click redirects, health and metrics; nothing else."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.metrics import Metrics
from bot.services import clicking

Handler = Callable[[Request], Awaitable[Response]]
#: Gives the reasons why the process is not ready, by part; empty when it is.
Readiness = Callable[[], Awaitable[dict[str, str]]]


def create_app(
    *,
    store: Storage,
    clock: Clock,
    webhook: WebhookEndpoint | None,
    slack: Handler | None,
    readiness: Readiness,
    metrics: Metrics,
) -> Starlette:
    """Build the listener: no route of Slack's with Socket Mode, none of Meta's where another process takes webhooks."""

    async def click(request: Request) -> Response:
        token = request.path_params["token"]
        landing = await store.write(lambda tx: clicking.follow(tx, token, clock.now()))
        if landing is None:
            return PlainTextResponse("This link is not one of ours.", 404)
        return RedirectResponse(with_query(landing, request.url.query), 302, {"Cache-Control": "no-store"})

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_request: Request) -> Response:
        reasons = await readiness()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def figures(_request: Request) -> Response:
        await readiness()  # refreshes the gauges
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    routes = [
        Route("/c/{token}", click, methods=["GET", "HEAD"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", figures, methods=["GET"]),
    ]
    if webhook is not None:
        routes.append(Route("/meta/webhook", webhook.verify, methods=["GET"]))
        routes.append(Route("/meta/webhook", webhook.absorb, methods=["POST"]))
    if slack is not None:
        routes.append(Route("/slack/events", slack, methods=["POST"]))
    return Starlette(routes=routes)


def with_query(landing: str, query: str) -> str:
    """Carry a click's query on to the landing address, behind the landing's own (Meta's click id must survive).

    Both stay as they were written: a signed landing address would not survive being written anew.
    """
    parts = urlsplit(landing)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, query)))))

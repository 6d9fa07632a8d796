"""The bot's own public listener over a database, without Slack and senders: what the webhook benchmark posts to."""

import asyncio
import sys

from benchmarks.books import NUMBER
from benchmarks.statuses import SECRET, WABA
from bot.cli.loop import collect_seldom, run, until_stopped
from bot.domain.policy import Policy
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.clock import SystemClock
from bot.runtime.listener import listen
from bot.runtime.metrics import Metrics
from bot.runtime.server import create_app
from storage import open_storage


async def serve(database: str, port: int) -> None:
    """Serve until cancelled."""
    clock, metrics = SystemClock(), Metrics()
    store = open_storage(database, clock=clock)
    webhook = WebhookEndpoint(
        store=store,
        policy=Policy(approval_channel="C0APPROVALS", phone_number_ids=(NUMBER,)),
        clock=clock,
        metrics=metrics,
        app_secret=SECRET,
        verify_token="meta-verify-token",  # noqa: S106 - of the simulator
        waba_id=WABA,
        numbers=(NUMBER,),
    )
    app = create_app(store=store, clock=clock, webhook=webhook, slack=None, readiness=_ready, metrics=metrics)
    try:
        await listen(app, host="127.0.0.1", port=port, stop=asyncio.Event())
    finally:
        await store.close()


async def _ready() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    collect_seldom()
    run(until_stopped(serve(sys.argv[1], int(sys.argv[2]))))

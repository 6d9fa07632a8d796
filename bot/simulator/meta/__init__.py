"""A strict Meta on loopback: Graph API, webhooks, and people who read, click and stop; no code of the bot in it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.behaviour import Fault, Knobs, Persona
from bot.simulator.meta.ledger import Message
from bot.simulator.meta.server import serving
from bot.simulator.meta.simulator import MetaSimulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

__all__ = ["Fault", "Knobs", "Message", "MetaSimulator", "Persona", "running", "serve"]


@asynccontextmanager
async def running(sim: MetaSimulator, port: int = 0) -> AsyncIterator[str]:
    """Run a simulator and serve it on 127.0.0.1; yields its base URL (without a version)."""
    async with sim, serving(sim.app, port) as url:
        yield url


async def serve(
    port: int,
    *,
    ready: Callable[[str], None] | None = None,
    profile: Mapping[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Run a simulator until cancelled; `settings` are those of MetaSimulator, `ready` is called with its URL.

    A profile may hold settings of its own, which win. Raises ValueError for a wrong profile, OSError for a taken port.
    """
    sim = MetaSimulator.from_profile(profile or {}, **settings)
    async with running(sim, port) as url:
        if ready is not None:
            ready(url)
        await sim.watch()

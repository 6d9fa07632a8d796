"""Serves routes on loopback for the length of a test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.runtime.listener import listen

Serving = Callable[[web.Application], AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[httpx.AsyncClient]:
    """Serve through the routes alone; yields a client of it."""
    async with TestServer(app) as server:
        base_url = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(trust_env=False, base_url=base_url) as client:
            yield client


@asynccontextmanager
async def listened(app: web.Application) -> AsyncIterator[httpx.AsyncClient]:
    """Serve as the bot does, until told to stop; yields a client of it."""
    port, stop = free_port(), asyncio.Event()
    listening = asyncio.create_task(listen(app, host="127.0.0.1", port=port, stop=stop))
    try:
        await until_up(port, listening)
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        stop.set()
        await listening


async def until_up(port: int, listening: "asyncio.Task[None]") -> None:
    """Wait until somebody listens on a port."""
    while True:
        assert not listening.done(), listening
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

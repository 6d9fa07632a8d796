"""The handler most projects have: Starlette, json, one UPDATE and one commit for each status."""

import hashlib
import hmac
import json
import sqlite3
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from benchmarks.statuses import SECRET

_TABLE = "CREATE TABLE IF NOT EXISTS messages (wamid TEXT PRIMARY KEY, status TEXT, at INTEGER)"
_COUNTS = "CREATE TABLE IF NOT EXISTS counts (status TEXT PRIMARY KEY, n INTEGER)"


def create_app(database: str) -> Starlette:
    """Build it over a database of its own, with the journal and the durability SQLite has by itself."""
    connection = sqlite3.connect(database)
    connection.execute(_TABLE)
    connection.execute(_COUNTS)
    connection.commit()

    async def take(request: Request) -> Response:
        raw = await request.body()
        expected = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
            return PlainTextResponse("", 401)
        for entry in json.loads(raw)["entry"]:
            for change in entry["changes"]:
                for status in change["value"]["statuses"]:
                    _save(connection, status)
        return PlainTextResponse("")

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(routes=[Route("/meta/webhook", take, methods=["POST"]), Route("/readyz", ready)])


def _save(connection: sqlite3.Connection, status: dict[str, str]) -> None:
    values = (status["id"], status["status"], int(status["timestamp"]))
    connection.execute(
        "INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET status = excluded.status", values
    )
    connection.execute("INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (status["status"],))
    connection.commit()


if __name__ == "__main__":
    app = create_app(sys.argv[1])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False, loop="uvloop")

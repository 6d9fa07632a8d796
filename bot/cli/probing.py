"""Asks the outside for facts on behalf of `doctor`: Slack, Meta and the database file."""

import os
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import storage
from bot.domain.errors import ArautoError, ConfigurationError
from bot.domain.instants import Millis
from bot.ports.chat import ChatError
from bot.ports.clock import Clock
from bot.ports.storage import Transaction
from bot.services import diagnosing
from bot.services.diagnosing import Finding, fail, ok
from bot.settings import Settings
from bot.slack.chat import web_client
from bot.slack.faults import translated
from bot.whatsapp.management import MetaManagementClient

_TIMEOUT_SECONDS: Final = 10.0
_SQLITE: Final = "sqlite:///"
_SLACK_ERRORS: Final = (ChatError, SlackApiError)


async def probe_slack(settings: Settings) -> AsyncIterator[Finding]:
    """Check the tokens, the scopes, how Slack reaches us, and the approval channel."""
    client = web_client(settings.slack_bot_token, settings.slack_api_url)
    try:
        who = await translated(client.auth_test())
    except _SLACK_ERRORS as problem:
        yield fail(f"Slack token: {problem}", "Check SLACK_BOT_TOKEN and SLACK_API_URL; install the app again.")
        return
    yield ok(f"Slack token: {who['user']} in {who['team']}.")
    yield diagnosing.judge_scopes(_scopes(who.headers))
    yield await _probe_link(client, settings.slack_app_token)
    yield await _probe_channel(client, settings.approval_channel)


def _scopes(headers: dict[str, str]) -> frozenset[str]:
    """Read the header in which Slack names the token's scopes."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return frozenset(scope.strip() for scope in named.split(",") if scope.strip())


async def _probe_link(client: AsyncWebClient, app_token: str | None) -> Finding:
    if app_token is None:
        return ok("Slack link: HTTP; Slack calls PUBLIC_URL/slack/events.")
    try:
        await translated(client.apps_connections_open(app_token=app_token))
    except _SLACK_ERRORS as problem:
        return fail(
            f"Slack link: Socket Mode refused: {problem}",
            "Check SLACK_APP_TOKEN (scope connections:write), and that Socket Mode is on.",
        )
    return ok("Slack link: Socket Mode.")


async def _probe_channel(client: AsyncWebClient, channel: str) -> Finding:
    mend = "Invite the bot to it, or set ARAUTO_APPROVAL_CHANNEL to another channel's id."
    try:
        answer = await translated(client.conversations_info(channel=channel))
    except _SLACK_ERRORS as problem:
        return fail(f"Approval channel {channel}: {problem}", mend)
    found = answer["channel"]
    if found.get("is_archived"):
        return fail(f"Approval channel {channel} is archived.", mend)
    if not found.get("is_member"):
        return fail(f"Approval channel {channel}: the bot is not in it.", mend)
    return ok(f"Approval channel: #{found.get('name', channel)}.")


async def probe_meta(settings: Settings, clock: Clock) -> list[Finding]:
    """Check everything on Meta's side."""
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
        meta = MetaManagementClient(
            client,
            api_url=settings.meta_api_url,
            version=settings.meta_api_version,
            access_token=settings.meta_access_token,
            waba_id=settings.meta_waba_id,
        )
        return await diagnosing.examine_meta(meta, settings.meta_phone_number_ids, clock.now())


async def probe_database(url: str, clock: Clock) -> AsyncIterator[Finding]:
    """Check the schema, that a write is taken, and the room on the disk; creates no database."""
    path = Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
    yield _judge_absent(path) or await _judge_schema(url, clock)
    free = _free_bytes(path)
    if free is not None:
        yield diagnosing.judge_disk(free)


def _free_bytes(path: Path | None) -> int | None:
    """Say how much room there is beside a file; None where it is not on a disk of ours."""
    return shutil.disk_usage(path.parent).free if path is not None and path.parent.is_dir() else None


def _judge_absent(path: Path | None) -> Finding | None:
    """Judge a place where no file is yet; None where there is one, or where the database is no file."""
    if path is None or path.is_file():
        return None
    if path.parent.is_dir() and os.access(path.parent, os.W_OK):
        return ok(f"Database {path}: not there yet; `arauto serve` creates it.")
    return fail(
        f"Database {path}: its folder is not there or may not be written to.",
        "Create the folder, or set DATABASE_URL to another file.",
    )


async def _judge_schema(url: str, clock: Clock) -> Finding:
    try:
        state = storage.schema_state(url)
        if state.is_empty:
            return ok("Database: empty; `arauto serve` fills it.")
        database = storage.open_storage(url, clock=clock)
    except ConfigurationError as problem:
        return fail(str(problem), "")
    try:
        await database.write(partial(_leave_a_mark, now=clock.now()))
    except ArautoError as problem:
        return fail(str(problem), "")
    finally:
        await database.close()
    return ok(f"Database: schema {state.version}, writable.")


def _leave_a_mark(tx: Transaction, now: Millis) -> None:
    """Write something for certain, because only a real write proves that the disk takes one."""
    tx.switches.set("doctor", str(now), now)

"""`doctor`: asks Slack, Meta and the database how they are, and prints one line for each answer."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import typer

from bot.cli import options
from bot.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.ports.clock import Clock
    from bot.services.diagnosing import Finding
    from bot.settings import Settings


def doctor(database: options.DatabaseUrl = None) -> None:
    """Check settings, tokens, scopes, onboarding, webhook, clock and database; exit status 1 if anything fails."""
    from bot.cli.loop import run
    from bot.services.diagnosing import failures

    if failures(run(_print_all(database))):
        raise typer.Exit(1)


async def _print_all(database: str | None) -> list["Finding"]:
    from bot.runtime.clock import SystemClock

    findings = []
    async for finding in examine(database, SystemClock()):
        typer.echo(str(finding))
        findings.append(finding)
    return findings


async def examine(database: str | None, clock: "Clock") -> AsyncIterator["Finding"]:
    """Give the findings one by one, as they are known; wrong settings are findings too."""
    from bot.cli.probing import probe_database
    from bot.services.diagnosing import from_configuration, ok

    try:
        settings = options.settings()
    except ConfigurationError as error:
        for finding in from_configuration(error):
            yield finding
    else:
        yield ok("Settings: all there.")
        async for finding in _examine_services(settings, clock):
            yield finding
    for finding in _judge_names():
        yield finding
    try:
        async for finding in probe_database(options.database_url(database), clock):
            yield finding
    except ConfigurationError as error:
        if database is not None:  # a wrong DATABASE_URL is told with the settings
            yield from_configuration(error)[0]


async def _examine_services(settings: "Settings", clock: "Clock") -> AsyncIterator["Finding"]:
    from bot.cli.probing import probe_meta, probe_slack
    from bot.services import diagnosing

    yield diagnosing.judge_approvers(settings.approvers)
    yield diagnosing.judge_public_url(settings.public_url, is_socket_mode=settings.slack_app_token is not None)
    yield diagnosing.judge_rate_card(settings.prices(), clock.now())
    async for finding in probe_slack(settings):
        yield finding
    for finding in await probe_meta(settings, clock):
        yield finding


def _judge_names() -> Iterator["Finding"]:
    from bot.services.diagnosing import warn
    from bot.settings import misspelt

    try:
        names = misspelt(os.environ)
    except ConfigurationError:  # told with the settings
        return
    for name, meant in names.items():
        yield warn(f"{name} is no setting of Arauto.", f"Did you mean {meant}?")

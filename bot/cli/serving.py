"""`serve`, `demo` and `simulate`: the commands that run until they are stopped."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options

if TYPE_CHECKING:
    from bot.simulator.meta import MetaSimulator

Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")]
Seed = Annotated[int, typer.Option("--seed", help="Makes chance repeatable.")]

Roles = Annotated[
    str | None,
    typer.Option("--roles", metavar="ROLES", help="Some of web, sender, scheduler, cards, sync; all unless named."),
]

simulators = typer.Typer(
    help="Run a simulator of Meta or of Slack by itself.", no_args_is_help=True, rich_markup_mode=None
)


def serve(roles: Roles = None) -> None:
    """Serve Slack, Meta's webhooks and click redirects, and send, all in one process."""
    wanted = _roles(roles)
    settings = options.settings()
    from bot import logs
    from bot.app import serve as run_app
    from bot.cli.loop import collect_seldom, run

    logs.configure()
    collect_seldom()
    raise typer.Exit(run(run_app(settings, roles=wanted)))


def _roles(written: str | None) -> tuple[str, ...]:
    """Read a list of roles; raises BadParameter for one that does not exist."""
    from bot.runtime.roles import ROLES

    if written is None:
        return ROLES
    wanted = tuple(role.strip() for role in written.split(",") if role.strip())
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        what = f"“{unknown[0]}” is no role" if unknown else "no role is named"
        raise typer.BadParameter(f"--roles: {what}; choose from {', '.join(ROLES)}.")
    return wanted


def demo(
    port: Port = 0,
    contacts: Annotated[int, typer.Option("--contacts", min=1, help="How many people there are.")] = 1_000,
    seed: Seed = 1,
    *,
    auto: Annotated[bool, typer.Option("--auto", help="Play the whole story without a browser, then exit.")] = False,
) -> None:
    """Run the real bot against the built-in simulators of Meta and Slack."""
    from bot import logs
    from bot.cli.loop import run
    from bot.demo import play

    logs.configure(level=logging.WARNING)
    raise typer.Exit(run(play.run(port=port, is_automatic=auto, contacts=contacts, seed=seed)))


@simulators.command("meta")
def simulate_meta(
    port: Port,
    seed: Seed = 1,
    mps: Annotated[int, typer.Option("--mps", min=1, help="Messages per second and number that are granted.")] = 80,
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", help="JSON file: how Meta and its people behave.")
    ] = None,
) -> None:
    """Run only the simulator of Meta."""
    wanted = _profile(profile)
    from bot.cli.loop import collect_the_newest, run, until_stopped
    from bot.simulator import meta

    collect_the_newest()
    try:
        simulator = meta.MetaSimulator.from_profile(wanted or {}, seed=seed, mps=mps)
    except ValueError as problem:
        raise typer.BadParameter(f"--profile {profile}: {problem}.") from problem
    with _naming(port):
        run(until_stopped(_serve_meta(simulator, port)))


@simulators.command("slack")
def simulate_slack(port: Port) -> None:
    """Run only the simulator of Slack."""
    from bot.cli.loop import run
    from bot.simulator import slack

    with _naming(port):
        run(slack.serve(port))


@contextmanager
def _naming(port: int) -> Iterator[None]:
    """Say which port cannot be listened on."""
    try:
        yield
    except OSError as problem:
        raise typer.BadParameter(f"--port {port} cannot be listened on: {problem.strerror}.") from problem


def _profile(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise typer.BadParameter(f"--profile must name a readable JSON file; {path} is none.") from problem
    if not isinstance(found, dict):
        raise typer.BadParameter(f"--profile must name a JSON file that holds one object; {path} holds something else.")
    return found


async def _serve_meta(simulator: "MetaSimulator", port: int) -> None:
    from bot.simulator import meta

    async with meta.running(simulator, port) as url:
        typer.echo(f"Simulated Meta at {url}")
        await asyncio.Event().wait()

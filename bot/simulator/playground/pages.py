"""The paths of the playground: the page itself, Meta's control beside Slack's, the phones, and the speed of time."""

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.simulator.meta import MetaSimulator
from bot.simulator.meta.control import Control
from bot.simulator.playground.phones import Phones
from bot.simulator.slack import SlackSimulator

#: Where the page is. It lies below `/_sim/`, which a simulated outage of Slack leaves alone.
PATH = "/_sim/playground"
STATIC = Path(__file__).parent / "static"
SLOWEST, FASTEST = 1.0, 1000.0
# Everything the page needs comes from this address, and the browser is told to insist on it.
_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

OnSpeed = Callable[[float], None]


def routes(
    slack: SlackSimulator, meta: MetaSimulator, *, on_speed: OnSpeed | None = None, phones: Sequence[str] = ()
) -> list[BaseRoute]:
    """Lay out the playground's paths, to be served by the Slack simulator.

    `on_speed` is told when a person changes the speed of time (simulated seconds per real second, 1 to 1000); without
    it only Meta's clock moves. `phones` (E.164) are offered on the phone before they have received anything.
    """
    people = Phones(meta, phones)
    time = _Time(meta, on_speed)
    return [
        Route("/", _to_page),
        Route(PATH, _page),
        Route(f"{PATH}/phones", people.listed),
        Route(f"{PATH}/phones/{{phone}}", people.chat),
        Route(f"{PATH}/phones/{{phone}}/{{verb}}", people.act, methods=["POST"]),
        Route(f"{PATH}/speed", time.turn, methods=["POST"]),
        Route(f"{PATH}/files/{{file_id}}", _Files(slack).show),
        Mount(f"{PATH}/static", StaticFiles(directory=STATIC)),
        Mount("/_sim/meta", routes=Control(meta).routes()),
    ]


def plug_in(
    slack: SlackSimulator, meta: MetaSimulator, *, on_speed: OnSpeed | None = None, phones: Sequence[str] = ()
) -> None:
    """Add the playground to a Slack simulator that is already made; the arguments are those of `routes`."""
    if not isinstance(slack.app, Starlette):
        raise TypeError(f"the playground plugs into a Starlette app, not into {slack.app!r}")
    slack.app.router.routes.extend(routes(slack, meta, on_speed=on_speed, phones=phones))


async def _to_page(_request: Request) -> Response:
    return RedirectResponse(PATH)


async def _page(_request: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": _POLICY})


class _Time:
    """The speed of everything but Slack, which stays as fast as the people who use it."""

    def __init__(self, meta: MetaSimulator, on_speed: OnSpeed | None) -> None:
        self._meta = meta
        self._on_speed = on_speed

    async def turn(self, request: Request) -> Response:
        """Take `{"speed": FACTOR}`; says whether the bot's clock follows."""
        speed = (await request.json()).get("speed")
        if not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
            return JSONResponse({"error": f"speed must be a number from {SLOWEST:.0f} to {FASTEST:.0f}"}, 400)
        self._meta.speed = float(speed)
        if self._on_speed is not None:
            self._on_speed(float(speed))
        return JSONResponse({"speed": speed, "moves_bot": self._on_speed is not None})


class _Files:
    """Files of the workspace, for the people in front of the page, who are signed in."""

    def __init__(self, slack: SlackSimulator) -> None:
        self._slack = slack

    async def show(self, request: Request) -> Response:
        """Serve one uploaded file; never as something the browser would run."""
        file = self._slack.workspace.files.get(request.path_params["file_id"])
        if file is None or not file.is_complete:
            return JSONResponse({"error": "there is no such file"}, 404)
        is_image = file.mimetype.startswith("image/") and "svg" not in file.mimetype
        kind = file.mimetype if is_image else "application/octet-stream"
        return Response(file.content, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})

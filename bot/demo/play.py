"""`arauto demo`: the world to play in by hand, or with `--auto` the story that plays itself and checks its books."""

import json
import sys

from bot.demo import books, samples
from bot.demo.story import Story, StoryError
from bot.demo.world import World, running
from bot.simulator import playground

#: Demo seconds per real second while the story plays.
STORY_SPEED = 60.0
#: Nobody gets a second campaign within a week: that is how the demo shows people over the cap.
CAP = "1/7d"


async def run(*, port: int, is_automatic: bool, contacts: int, seed: int) -> int:
    """Run the demo; returns the exit status."""
    if is_automatic:
        return await _story(port, contacts, seed)
    return await _by_hand(port, contacts, seed)


async def _story(port: int, contacts: int, seed: int) -> int:
    async with running(port=port, seed=seed, speed=STORY_SPEED, cap=CAP) as world:
        _make_lifelike(world)
        try:
            token = await Story(world, _tell, contacts=contacts, seed=seed).play()
        except StoryError as broken:
            _tell(f"The story broke: {broken}")
            return 1
        closed = await books.close(world, token)
        problems = books.objections(world, closed)
    for problem in problems:
        _tell(f"The books do not balance: {problem}")
    if not problems:
        _tell("The books balance: every planned person is in exactly one state, and Meta agrees.")
    sys.stdout.write(json.dumps({"campaign": closed.token, "funnel": closed.funnel.figures()}) + "\n")
    return 1 if problems else 0


async def _by_hand(port: int, contacts: int, seed: int) -> int:
    async with running(port=port, seed=seed, speed=1.0, cap=CAP) as world:
        phones = await samples.load(world, contacts=contacts, seed=seed)
        playground.plug_in(world.slack, world.meta, on_speed=world.set_speed, phones=phones)
        _tell(f"Open {world.slack_url}/")
        await world.stop.wait()
    return 0


def _make_lifelike(world: World) -> None:
    """Let people and networks be as they are: some unreachable, some over Meta's limit, webhooks twice and shuffled."""
    world.meta.tune(
        failures={131049: 0.02, 131026: 0.01},
        reachable_rate=0.95,
        webhook_copies=2,
        webhook_shuffle=20.0,
        click_rate=0.2,
        latency_real=0.02,
    )


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

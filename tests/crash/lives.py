"""Short lives of a sender: one that dies at its probe in a process of its own, and the next that finishes its work.

As a program (`python -m tests.crash.lives FOLDER ...`) it forks once per folder, before any thread or event loop
exists, lets all of them live side by side, and prints which of them were killed.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.policy import Policy
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.runtime.headroom import Headroom
from bot.runtime.sender import NumberSender
from bot.services import launching
from storage import open_storage
from tests.builders import NUMBER, a_template
from tests.crash.probes import MortalMeta, MortalStorage, Probe
from tests.faults.campaigns import Author

PEOPLE: Final = 4
#: As many calls of each port as one life makes at most; a probe beyond the last one lets its life end by itself.
MOST_CALLS: Final = {"write": 16, "send": PEOPLE}
LIFE_SECONDS: Final = 30.0
POLICY: Final = Policy(approval_channel="C0APPROVALS", phone_number_ids=(NUMBER,), template_wait_seconds=0)


def probes() -> Iterator[Probe]:
    """List every step there is."""
    for port, calls in MOST_CALLS.items():
        for n in range(1, calls + 1):
            yield Probe(port, n, "before")
            yield Probe(port, n, "after")


def open_books(folder: Path) -> Storage:
    return open_storage(f"sqlite:///{folder / 'arauto.db'}", clock=SystemClock())


async def prepare(folder: Path) -> Campaign:
    """Write a campaign that is being sent, and of which nothing has left."""
    now = SystemClock().now()
    store = open_books(folder)
    template = a_template(components=({"type": "BODY", "text": "Hello."},), last_updated_at=now)
    campaign = await Author(store, POLICY, template, now).approved(PEOPLE)
    await store.write(lambda tx: launching.launch(tx, campaign.id, template, POLICY, now))
    await store.close()
    return campaign


async def live(folder: Path, probe: Probe | None) -> None:
    """Send until everything is sent, or until the probe."""
    clock = SystemClock()
    store = MortalStorage(open_books(folder), probe)
    sender = NumberSender(
        NUMBER,
        store=store,
        meta=MortalMeta(folder / "meta.jsonl", probe),
        policy=POLICY,
        clock=clock,
        holder=f"process {os.getpid()}",
        headroom=Headroom(store, clock),
    )
    async with _running(sender):
        await _until_sent(store)
    await store.close()


@asynccontextmanager
async def _running(sender: NumberSender) -> AsyncIterator[None]:
    sending = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        await sending


async def _until_sent(store: Storage) -> None:
    async with asyncio.timeout(LIFE_SECONDS):
        while True:
            if not await store.read(lambda tx: tx.campaigns.list(states={CampaignState.SENDING}, limit=1)):
                return
            await asyncio.sleep(0.05)


def _fork(folder: Path) -> int:
    """Let one life run in a child; gives the child's process id."""
    child = os.fork()
    if child:
        return child
    try:
        asyncio.run(live(folder, Probe.parse(folder.name)))
    except BaseException:  # noqa: BLE001 - the edge of a process: nothing may go on into its parent's work
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(folders: list[Path]) -> None:
    children = {folder.name: _fork(folder) for folder in folders}
    codes = {name: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for name, child in children.items()}
    sys.stdout.write(json.dumps(codes))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])

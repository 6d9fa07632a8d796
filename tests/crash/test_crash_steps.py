"""kill -9 at every single step between claiming people and having settled them, each step once."""

import asyncio
import json
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.message import Dispatch
from bot.ports.records import Notice
from tests.crash import lives
from tests.faults.books import Books, read_books
from tests.faults.bot_process import ROOT


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on record at one moment: at Meta, in the database, and waiting for the thread."""

    taken: list[str]
    books: Books
    told: list[Notice]

    @property
    def step(self) -> tuple[frozenset[Dispatch], int]:
        """Where in the life of the campaign this is: the states there are, and how many Meta took."""
        return frozenset(self.books.dispatches()), len(self.taken)


async def _see(folder: Path, campaign: Campaign) -> Scene:
    ledger = folder / "meta.jsonl"
    taken = [json.loads(line)[0] for line in ledger.read_text().splitlines()] if ledger.exists() else []
    store = lives.open_books(folder)
    books = await store.read(lambda tx: read_books(tx, campaign.id))
    told = await store.read(lambda tx: [notice for _, notice in tx.notices.waiting(100)])
    await store.close()
    return Scene(taken, books, told)


async def _stage(folder: Path) -> tuple[Campaign, list[Path]]:
    """Give every probe a folder with the same campaign in it."""
    original = folder / "original"
    original.mkdir()
    campaign = await lives.prepare(original)
    folders = [folder / str(probe) for probe in lives.probes()]
    for one in folders:
        shutil.copytree(original, one)
    return campaign, folders


async def _kill_each(folders: list[Path]) -> list[Path]:
    """Live and die in all folders side by side; gives those whose process really was killed."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.lives", *map(str, folders), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await program.communicate()
    codes = json.loads(printed)
    assert set(codes.values()) <= {0, -signal.SIGKILL}
    return [folder for folder in folders if codes[folder.name] == -signal.SIGKILL]


def _assert_survived(died: Scene, ended: Scene) -> None:
    in_flight = died.books.dispatches()[Dispatch.SENDING]
    doubted = ended.books.phones_in(Dispatch.IN_DOUBT)
    interruptions = [notice for notice in ended.told if "Arauto was interrupted" in notice.text]
    assert len(ended.taken) == len(set(ended.taken))
    assert ended.books.state is CampaignState.SENT
    assert ended.books.dispatches().keys() <= {Dispatch.ACCEPTED, Dispatch.IN_DOUBT}
    assert len(doubted) == in_flight
    assert ended.books.phones_in(Dispatch.ACCEPTED) <= set(ended.taken)
    assert set(ended.taken) <= set(ended.books.phones)
    assert set(ended.books.phones) - set(ended.taken) <= doubted
    assert ended.books.funnel.balances()
    assert {fact: n for fact, n in ended.books.funnel.tallies.items() if n} == ended.books.recount
    assert len(interruptions) == (1 if in_flight else 0)


async def test_whatever_step_the_process_dies_at_nobody_is_sent_to_twice(tmp_path: Path):
    campaign, folders = await _stage(tmp_path)

    killed = await _kill_each(folders)
    died = [await _see(folder, campaign) for folder in killed]
    await asyncio.gather(*(lives.live(folder, None) for folder in killed))
    ended = [await _see(folder, campaign) for folder in killed]

    for before, after in zip(died, ended, strict=True):
        _assert_survived(before, after)
    steps = {scene.step for scene in died}
    waiting, leaving = frozenset({Dispatch.CLAIMED}), frozenset({Dispatch.SENDING, Dispatch.CLAIMED})
    settled = frozenset({Dispatch.ACCEPTED, Dispatch.CLAIMED})
    assert {(waiting, 0), (leaving, 0), (leaving, 1), (settled, 1)} <= steps
    assert (frozenset({Dispatch.ACCEPTED}), lives.PEOPLE) in steps

"""Places to die: the ports of the sender, wrapped so that the process kills itself at one exact step.

Production code knows nothing of this: every write to the database and every request to Meta passes a port, so the steps
between claim and settle are the calls of these two.
"""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self, TypeVar

from bot.ports.meta import Accepted, Outcome, OutgoingMessage
from bot.ports.storage import Storage, Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Probe:
    """Die at the n-th call of a port: `write` or `send`, just before it takes effect or just after."""

    port: str
    n: int
    when: str

    def __str__(self) -> str:
        return f"{self.when}-{self.port}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> Self:
        when, port, n = text.split("-")
        return cls(port, int(n), when)


def die() -> NoReturn:
    """End as a killed process ends: nothing is flushed, closed or caught."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process went on")


class _Counting:
    def __init__(self, port: str, probe: Probe | None) -> None:
        self._port, self._probe, self._calls = port, probe, 0

    def call(self) -> int:
        self._calls += 1
        return self._calls

    def die_at(self, n: int, when: str) -> None:
        if self._probe == Probe(self._port, n, when):
            die()


class MortalStorage:
    """A storage whose process dies when a transaction is complete but not committed, or right after its commit."""

    def __init__(self, inner: Storage, probe: Probe | None) -> None:
        self._inner = inner
        self._steps = _Counting("write", probe)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        n = self._steps.call()

        def mortal(tx: Transaction) -> T:
            result = work(tx)
            self._steps.die_at(n, "before")
            return result

        result = await self._inner.write(mortal)
        self._steps.die_at(n, "after")
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._inner.read(work)

    async def close(self) -> None:
        await self._inner.close()


class MortalMeta:
    """A Meta that accepts everything and writes it to a file, which survives whoever sends; its caller dies on time."""

    def __init__(self, ledger: Path, probe: Probe | None) -> None:
        self._ledger = ledger
        self._steps = _Counting("send", probe)

    async def send(self, message: OutgoingMessage) -> Outcome:
        n = self._steps.call()
        self._steps.die_at(n, "before")
        wamid = f"wamid.{message.tracker}"
        with self._ledger.open("a") as ledger:
            ledger.write(json.dumps([message.address, wamid]) + "\n")
        self._steps.die_at(n, "after")
        return Accepted(wamid)

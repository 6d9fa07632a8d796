"""The ports as a role's workers get them: nothing is written or said once the role is somebody else's."""

import logging
from collections.abc import Callable
from typing import TypeVar

from bot.domain.errors import FencedError
from bot.ports.chat import Chat, ChatMessage
from bot.ports.storage import Storage, Transaction
from bot.runtime.roles import RoleLeases
from bot.runtime.worker import Rounds

log = logging.getLogger(__name__)

T = TypeVar("T")


class FencedStorage:
    """A storage whose writes stand only while the role is ours: the port `Storage` for one role's workers."""

    def __init__(self, store: Storage, leases: RoleLeases, role: str) -> None:
        self._store = store
        self._leases = leases
        self._role = role

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Write under the lease; raises FencedError once it is somebody else's."""
        fence = self._leases.fence(self._role)

        def fenced(tx: Transaction) -> T:
            tx.leases.check(fence)
            return work(tx)

        return await self._store.write(fenced)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Read."""
        return await self._store.read(work)

    async def close(self) -> None:
        """Leave the database to whoever opened it."""


class LeasedChat:
    """A chat that is spoken to only while the role is ours: the port `Chat` for one role's workers."""

    def __init__(self, chat: Chat, leases: RoleLeases, role: str) -> None:
        self._chat = chat
        self._leases = leases
        self._role = role

    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        """Post a message; raises FencedError once the role is somebody else's."""
        self._leases.fence(self._role)
        return await self._chat.post(channel, message, thread_ts=thread_ts, broadcast=broadcast)

    async def find(self, channel: str, mark: str, *, thread_ts: str | None = None) -> str | None:
        """Look for a message; raises FencedError once the role is somebody else's."""
        self._leases.fence(self._role)
        return await self._chat.find(channel, mark, thread_ts=thread_ts)

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None:
        """Edit a message; raises FencedError once the role is somebody else's."""
        self._leases.fence(self._role)
        await self._chat.edit(channel, ts, message)

    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        """Show a message to one person; raises FencedError once the role is somebody else's."""
        self._leases.fence(self._role)
        await self._chat.whisper(channel, user, message)


class LeasedRounds:
    """Rounds that are done only while their role is ours."""

    def __init__(self, rounds: Rounds, leases: RoleLeases, role: str) -> None:
        self._rounds = rounds
        self._leases = leases
        self._role = role

    async def round(self) -> bool:
        """Do one round, or none; a role lost in the middle of one ends it there."""
        if not self._leases.holds(self._role):
            return False
        try:
            return await self._rounds.round()
        except FencedError as lost:
            log.warning("%s", lost)
            return False

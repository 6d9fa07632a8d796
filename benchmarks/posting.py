"""Posts prepared HTTP requests over many connections and measures the answers; costs little itself."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_END_OF_HEAD = b"\r\n\r\n"


@dataclass(slots=True)
class Answers:
    """What came back: how long each answer took, in seconds, and how many were not 200."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    elapsed: float = 0.0

    def percentile(self, share: float) -> float:
        """Give the time within which this share was answered, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def per_second(self) -> float:
        """Give the answers per second."""
        return len(self.seconds) / self.elapsed


async def post_all(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Answers:
    """Keep so many connections busy until the time is over or nothing is left to post."""
    answers = Answers()
    began = time.perf_counter()
    ends = began + seconds
    await asyncio.gather(*(_one(port, requests, answers, ends) for _ in range(connections)))
    answers.elapsed = time.perf_counter() - began
    return answers


async def post_at(port: int, requests: Iterator[bytes], *, per_second: float, seconds: float) -> Answers:
    """Post at a fixed rate whatever the answers take, as Meta does; a late answer does not slow the others down."""
    answers = Answers()
    began = time.perf_counter()
    idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
    under_way: set[asyncio.Task[None]] = set()
    for place in range(int(per_second * seconds)):
        due = began + place / per_second
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        request = next(requests, None)
        if request is None:
            break
        task = asyncio.create_task(_once(port, idle, request, answers, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    answers.elapsed = time.perf_counter() - began
    await _hang_up(idle)
    return answers


async def _one(port: int, requests: Iterator[bytes], answers: Answers, ends: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < ends and (request := next(requests, None)) is not None:
        await _exchange(reader, writer, request, answers, began)
    writer.close()
    await writer.wait_closed()


async def _once(
    port: int,
    idle: "asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]",
    request: bytes,
    answers: Answers,
    due: float,
) -> None:
    try:
        connection = idle.get_nowait()
    except asyncio.QueueEmpty:
        connection = await asyncio.open_connection("127.0.0.1", port)
    await _exchange(*connection, request, answers, due)
    idle.put_nowait(connection)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, answers: Answers, began: float
) -> None:
    writer.write(request)
    head = await reader.readuntil(_END_OF_HEAD)
    length = _length(head)
    if length:
        await reader.readexactly(length)
    answers.seconds.append(time.perf_counter() - began)
    answers.refused += not head.startswith(b"HTTP/1.1 200")


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 : head.find(b"\r\n", at)]) if at >= 0 else 0


async def _hang_up(idle: "asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]") -> None:
    while not idle.empty():
        _, writer = idle.get_nowait()
        writer.close()
        await writer.wait_closed()

"""Judging a file of opt-ins in a process of its own, on another core than the one that writes.

Judging and writing take about as long each, and one Python does one thing at a time: a process that judges makes an
import nearly twice as fast (`benchmarks/optins_import.py`).
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

from bot.domain.errors import ArautoError
from bot.runtime.judge import LENGTH_BYTES, decoded
from bot.services.batching import Batch
from bot.services.importing import Importer

#: What is read ahead of the writer is twice this at most: about the batches of a window.
_AHEAD_BYTES: Final = 3 << 20
_JUDGE: Final = "from bot.runtime.judge import main; main()"


async def in_process(importer: Importer) -> AsyncGenerator[Batch, None]:
    """Judge in a process, which ends with this iterator at the latest; what opens the file must be picklable.

    Raises InvalidInputError as `Importer.batches` does, and ArautoError if the process ends before the file does.
    """
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _JUDGE),  # nothing is imported from the folder that the command is given in
        stdin=PIPE,
        stdout=PIPE,
        limit=_AHEAD_BYTES,
        env=environment,
    )
    try:
        async with aclosing(_messages(process, pickle.dumps(importer))) as messages:
            async for message in messages:
                yield decoded(message)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # not `wait`, which never ends while output is unread


async def _messages(process: Process, request: bytes) -> AsyncGenerator[bytes, None]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process was started without its pipes")
    try:
        process.stdin.write(request)
        await process.stdin.drain()
        process.stdin.close()
        while length := int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big"):
            yield await process.stdout.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as problem:
        raise ArautoError(
            f"The process that reads the file ended with status {await process.wait()} before it was done. "
            "What was imported stays; run the same import again."
        ) from problem

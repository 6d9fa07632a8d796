"""Sending with pywa's async client: one coroutine for each message, gathered; no books at all.

Run by `benchmarks.send_path --pywa PYTHON` with an interpreter that has pywa, in a process of its own: pywa is no
dependency of the project, so nothing here may import the project or be imported by it. Takes one JSON object, prints
one: messages per second, and processor time for each.
"""

import asyncio
import json
import sys
import time
from itertools import count
from typing import Any

import httpx
from pywa_async import WhatsApp
from pywa_async.types.templates import TemplateLanguage


def components(n: int) -> list[dict[str, Any]]:
    """Write what Arauto sends to the n-th person."""
    texts = [{"type": "text", "text": f"Ada {n}"}, {"type": "text", "text": f"Ada {n}"}]
    link = [{"type": "text", "text": f"Ada%20{n}"}]
    return [
        {"type": "body", "parameters": texts},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": link},
    ]


async def measure(given: dict[str, Any]) -> dict[str, float]:
    """Post until the time is over; pywa raises if one message is refused."""
    numbers, language = count(), TemplateLanguage(given["language"])
    async with httpx.AsyncClient(trust_env=False) as session:
        client = WhatsApp(phone_id=given["number"], token=given["token"], session=session)
        session.base_url = httpx.URL(given["url"])  # pywa has set Meta's own
        cpu, began = time.process_time(), time.perf_counter()

        async def work() -> int:
            sent = 0
            while time.perf_counter() - began < given["seconds"]:
                n = next(numbers)
                to = f"+5531{910_000_000 + n}"
                await client.send_template(to, given["template"], language, components(n), use_mm_lite_api=True)
                sent += 1
            return sent

        sent = sum(await asyncio.gather(*(work() for _ in range(given["concurrency"]))))
        elapsed = time.perf_counter() - began
    return {"per_second": sent / elapsed, "cpu_ms": 1_000 * (time.process_time() - cpu) / sent}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure(json.loads(sys.argv[1])))))

"""Sending as most programs do: one `httpx.AsyncClient`, one coroutine for each message, gathered; no books at all."""

import asyncio
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from bot.domain.template import Template

#: Stock httpx opens so many connections; more requests at once would wait for one of them and then time out.
CONCURRENCY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: messages per second, and the sending process' processor time for each, and the simulator's if known."""

    per_second: float
    cpu_ms: float
    meta_cpu_ms: float = 0.0


async def measure(address: str, token: str, template: Template, seconds: float) -> Measured:
    """Post messages to an address until the time is over; raises RuntimeError if one is refused."""
    numbers = count()
    cpu, began = time.process_time(), time.perf_counter()

    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {token}"}) as client:

        async def work() -> int:
            sent = 0
            while time.perf_counter() - began < seconds:
                answer = await client.post(address, json=_message(template, next(numbers)))
                if not answer.is_success:
                    raise RuntimeError(f"Meta refused a message of the stock client: {answer.text}")
                sent += 1
            return sent

        sent = sum(await asyncio.gather(*(work() for _ in range(CONCURRENCY))))
        elapsed = time.perf_counter() - began
    return Measured(per_second=sent / elapsed, cpu_ms=1_000 * (time.process_time() - cpu) / sent)


def _message(template: Template, n: int) -> dict[str, Any]:
    """Write the message that Arauto sends to the n-th person, to somebody else."""
    texts = [{"type": "text", "text": f"Ada {n}"}, {"type": "text", "text": f"Ada {n}"}]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+5521{910_000_000 + n}",
        "type": "template",
        "template": {
            "name": template.name,
            "language": {"code": template.language},
            "components": [
                {"type": "body", "parameters": texts},
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{"type": "text", "text": f"Ada%20{n}"}],
                },
            ],
        },
        "product_policy": "STRICT",
    }

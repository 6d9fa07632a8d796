"""The plan of a campaign: what an approval is bound to, down to the last recipient and parameter."""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from bot.domain.instants import Millis

#: What one recipient adds to the chain: identity, address, parameters.
Link: TypeAlias = tuple[str, str, bytes]

#: Writes a length in four bytes, the most significant first.
_length = struct.Struct(">I").pack

#: The chain's value before the first recipient.
EMPTY_CHAIN = hashlib.sha256(b"arauto plan").hexdigest()


def canonical(value: object) -> bytes:
    """Write a value as JSON in one way only: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain(previous: str, identity: str, address: str, parameters: bytes) -> str:
    """Add one recipient to the chain of a plan; the order of recipients is that of their ids."""
    return chain_all(previous, [(identity, address, parameters)])


def chain_all(previous: str, links: Iterable[Link]) -> str:
    """Add recipients in their order: each link is the SHA-256 (hex) of the one before and three parts with lengths.

    One call hashes many, and each of them in one piece: a million are chained twice (benchmarks/planning.py).
    """
    value = previous
    for identity_text, address_text, parameters in links:
        identity, address = identity_text.encode(), address_text.encode()
        link = (
            *(value.encode(), _length(len(identity)), identity),
            *(_length(len(address)), address, _length(len(parameters)), parameters),
        )
        value = hashlib.sha256(b"".join(link)).hexdigest()
    return value


def plan_digest(head: Mapping[str, object], recipients_chain: str) -> str:
    """Bind everything an approver sees, and everything that will be sent, into one SHA-256 (hex)."""
    return hashlib.sha256(canonical(head) + b"\n" + recipients_chain.encode()).hexdigest()


class PlannedRecipient(NamedTuple):
    """One frozen row of a plan: to whom, and with which parameters. A tuple, because a plan has a million of them.

    `identity` is the same for two numbers of one person (BR and MX digit rules); the database takes it once a campaign.
    `parameters` is the JSON of `template.components` as it will be sent.
    `links` are (token, button index, landing URL).
    """

    person_id: int
    identity: str
    address: str
    parameters: bytes
    market: str
    country: str
    links: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What the approval card shows about a plan, frozen with it.

    Money is in units of `currency`; `cost_ceiling` assumes that every message is delivered. `chain` is the recipients'
    chain; `cursor` the last person planned (planning goes on from there after a crash); `is_complete` when all are in.
    """

    matched: int = 0
    recipients: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_country: Mapping[str, int] = field(default_factory=dict)
    by_market: Mapping[str, int] = field(default_factory=dict)
    #: Variable to the number of people who will see its fallback.
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    #: Variable to the number of people left out because it has no value and no fallback.
    missing: Mapping[str, int] = field(default_factory=dict)
    cost_ceiling: Decimal = Decimal(0)
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    rate_card: str = ""
    chain: str = EMPTY_CHAIN
    cursor: int = 0
    is_complete: bool = False
    #: Rendered text of the first few people, numbers masked, for the card.
    examples: Sequence[str] = ()
    planned_at: Millis | None = None

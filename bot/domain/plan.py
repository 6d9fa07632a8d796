"""The plan of a campaign: what an approval is bound to, down to the last recipient and parameter."""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from bot.domain.instants import Millis

#: What one recipient adds to the chain: identity, address, parameters, seal.
Link: TypeAlias = tuple[str, str, bytes, bytes | None]

#: Bytes of a fresh seal: what is hashed with it cannot be guessed once it is gone.
SEAL_BYTES = 16
#: What an erased row holds.
NO_PARAMETERS = b"[]"

#: Write lengths in four bytes each, the most significant first.
_length = struct.Struct(">I").pack
_lengths = struct.Struct(">III").pack

#: The chain's value before the first recipient.
EMPTY_CHAIN = hashlib.sha256(b"arauto plan").hexdigest()


def canonical(value: object) -> bytes:
    """Write a value as JSON in one way only: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain(previous: str, identity: str, address: str, parameters: bytes, seal: bytes | None = None) -> str:
    """Add one recipient to the chain of a plan; the order of recipients is that of their ids."""
    return chain_all(previous, [(identity, address, parameters, seal)])


def chain_all(previous: str, links: Iterable[Link]) -> str:
    """Add recipients in their order: each link is the SHA-256 (hex) of the one before and of what stands for the row.

    One call hashes many, and each of them in one piece: a million are chained twice (benchmarks/planning.py).
    """
    value = previous
    sha256 = hashlib.sha256
    for identity, address, parameters, seal in links:
        if seal is None:
            row = _unsealed(identity, address, parameters)
        elif len(seal) == SEAL_BYTES or address or parameters != NO_PARAMETERS:
            row = sealed(identity, address, parameters, seal)
        else:
            row = seal  # of somebody who was erased
        value = sha256(value.encode() + row).hexdigest()
    return value


def sealed(identity_text: str, address_text: str, parameters: bytes, seal: bytes) -> bytes:
    """Give what stands for a row in the chain: the SHA-256 of its fresh seal and its parts.

    When somebody is erased it takes the seal's place, and goes on standing for a row that is empty. Without the seal it
    tells nothing: a hash of the parts alone would fit one phone number of all there are, and soon be found.
    """
    identity, address = identity_text.encode(), address_text.encode()
    lengths = _lengths(len(identity), len(address), len(parameters))
    return hashlib.sha256(b"".join((seal, lengths, identity, address, parameters))).digest()


def _unsealed(identity_text: str, address_text: str, parameters: bytes) -> bytes:
    """Give what stands for a row of a plan that was frozen before there were seals: the row itself."""
    identity, address = identity_text.encode(), address_text.encode()
    whom = (_length(len(identity)), identity, _length(len(address)), address)
    return b"".join((*whom, _length(len(parameters)), parameters))


def plan_digest(head: Mapping[str, object], recipients_chain: str) -> str:
    """Bind everything an approver sees, and everything that will be sent, into one SHA-256 (hex)."""
    return hashlib.sha256(canonical(head) + b"\n" + recipients_chain.encode()).hexdigest()


class PlannedRecipient(NamedTuple):
    """One frozen row of a plan: to whom, and with which parameters. A tuple, because a plan has a million of them.

    `identity` is the same for two numbers of one person (BR and MX digit rules); the database takes it once a campaign.
    `parameters` is the JSON of `template.components` as it will be sent.
    `seal` are `SEAL_BYTES` fresh random bytes. `links` are (token, button index, landing URL).
    """

    person_id: int
    identity: str
    address: str
    parameters: bytes
    market: str
    country: str
    seal: bytes | None = None
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

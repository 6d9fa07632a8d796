"""What a view shows of people: an audience, an import, one person; the rules of `bot.domain.sheet` hold here too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.audience import Audience, Waterfall
from bot.domain.consent import ConsentEvent, Standing
from bot.domain.instants import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSheet:
    """The preview of an audience: the waterfall, and what writing to it would take."""

    audience: Audience
    waterfall: Waterfall
    cost_ceiling: Decimal
    currency: str
    rate_card: str
    market_names: Mapping[str, str] = field(default_factory=dict)
    duration_seconds: float | None = None
    max_mps: float | None = None
    headroom: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row an import did not take. `value` is masked."""

    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSheet:
    """What became of an import. `rows` = added + updated + unchanged + refused."""

    file_name: str
    source: str
    rows: int
    added: int
    updated: int
    unchanged: int
    refused: int
    #: Imported people whose stop stays in force.
    kept_stopped: int = 0
    #: The first few refused rows, in the order of the file.
    first_refused: Sequence[RefusedRow] = ()
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSheet:
    """One person, masked, with what is on record about their consent; `history` is oldest first."""

    address: str
    standing: Standing
    country: str = ""
    language: str = ""
    tags: Sequence[str] = ()
    opted_in_at: Millis | None = None
    failures: int = 0
    history: Sequence[ConsentEvent] = ()
    timezone: str = "UTC"

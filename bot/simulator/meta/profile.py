"""Profiles: knobs, people and faults read from JSON, and refused with a clear sentence when they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from bot.simulator.meta.behaviour import Fault, Knobs, Persona

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")


class Settings(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What `MetaSimulator` takes as arguments, for a simulator that is started from a file."""

    seed: int | None = None
    mps: int | None = None
    waba_id: str | None = None
    phone_number_ids: list[str] | None = None
    access_token: str | None = None
    app_secret: str | None = None
    verify_token: str | None = None
    callback_url: str | None = None
    public_url: str | None = None


class Profile(msgspec.Struct, forbid_unknown_fields=True):
    """Knobs, people and faults to start with."""

    knobs: dict[str, Any] = {}
    phones: dict[str, Persona] = {}
    faults: list[Fault] = []
    speed: float | None = None


def set_knobs(knobs: Knobs, changes: Mapping[str, Any]) -> Knobs:
    """Set knobs by name, all or none; returns them. Raises ValueError for an unknown name or a wrong value."""
    checked = convert({**_values(knobs), **changes}, Knobs)
    for name in changes:
        setattr(knobs, name, getattr(checked, name))
    return knobs


def _values(knobs: Knobs) -> dict[str, Any]:
    return {name: getattr(knobs, name) for name in knobs.__struct_fields__}


def convert(given: Any, kind: type[_T]) -> _T:
    """Make a checked struct of JSON-like data. Raises ValueError with one sentence."""
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"This {kind.__name__.lower()} is not valid: {wrong}") from wrong

"""Whom a message really goes to: what Meta makes of `to` and `recipient`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.simulator.meta import people
from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from bot.simulator.meta.account import SenderNumber

_PUNCTUATION = re.compile(r"[\s().\-]")
_DIGITS = re.compile(r"[1-9]\d{5,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message really goes to. `phone` is E.164, or the business-scoped user id."""

    given: str
    phone: str
    wa_id: str
    stranger: bool = False


def resolve(to: str | None, user_id: str | None, number: SenderNumber) -> Recipient:
    """Find the recipient; `to` wins. Without `+` the business' calling code is put in front: a stranger."""
    if to:
        bare = _PUNCTUATION.sub("", to)
        digits = bare[1:] if bare.startswith("+") else number.calling_code + bare
        if not _DIGITS.fullmatch(digits):
            raise GraphError(131009, f"The parameter to is not a phone number: {to}")
        if digits == number.digits:
            raise GraphError(131021, "The recipient is the sender's own number")
        return Recipient(to, "+" + digits, people.wa_id_of(digits), stranger=not bare.startswith("+"))
    if user_id:
        if not _USER_ID.fullmatch(user_id):
            raise GraphError(131009, f"The parameter recipient is not a business-scoped user id: {user_id}")
        return Recipient(user_id, user_id, user_id)
    raise GraphError(100, "The parameter to is required.")

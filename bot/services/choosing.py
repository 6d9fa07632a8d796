"""Small choices made when a campaign is submitted: its ID, its sender number, and whether it would reach anybody."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from bot.domain.audience import Audience
from bot.domain.binding import check
from bot.domain.campaign import ACTIVE, Campaign, CampaignSpec, CampaignState
from bot.domain.consent import verdict
from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.template import Template, unsendable_reason
from bot.ports.storage import Transaction
from bot.services.planning import facts_of

#: Characters of an ID that nobody confuses when reading it out: neither 0 and O, nor 1, I and L, nor U.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHORTEST: Final = 5
_LONGEST: Final = 12
#: People looked at for a first one who may be written to; planning looks at all of them.
_CHUNK: Final = 500
_CHUNKS: Final = 4

_UNDERWAY: Final = frozenset({*ACTIVE, CampaignState.APPROVED, CampaignState.SCHEDULED})


def choose_token(tx: Transaction, seed: str, spec: CampaignSpec, author: str) -> tuple[str, Campaign | None]:
    """Give a new campaign's ID and None, or the ID and the campaign that this very form became already.

    `seed` names the form (a modal's id), so that a submission delivered twice makes one campaign.
    """
    letters = _letters(seed)
    for length in range(_SHORTEST, _LONGEST + 1):
        taken = [found for found in tx.campaigns.find(letters[:length]) if found.token == letters[:length]]
        if not taken:
            return letters[:length], None
        if _is_same(taken[0], spec, author):
            return taken[0].token, taken[0]
    raise ConflictError("No free ID was found for this campaign. Close the form and open a new one.")


def choose_number(tx: Transaction, policy: Policy) -> str:
    """Choose the sender number with the fewest messages waiting; one that is blocked only when all are."""
    underway = tx.campaigns.list(states=_UNDERWAY, limit=1000)
    return min(policy.phone_number_ids, key=lambda number: (_is_blocked(tx, number), _waiting(tx, underway, number)))


def refusal(template: Template, public_url: str | None) -> str | None:
    """Say in one sentence why a template cannot be chosen: for what it is, or for want of our own address."""
    reason = unsendable_reason(template)
    if reason is not None:
        return f"{reason[0].upper()}{reason[1:]}."
    complaints = check(template, {}, public_url=public_url, offer_ends_at=None, now=Millis(0))
    return next((sentence for field, sentence in complaints if field == "template"), None)


def require_reach(tx: Transaction, audience: Audience, policy: Policy, now: Millis) -> None:
    """Raise InvalidInputError at `audience` when nobody in it may be written to.

    Looks at the first few thousand people only, so that the form is answered in time; planning looks at everybody.
    """
    after = matched = 0
    for _ in range(_CHUNKS):
        people = tx.people.candidates(audience.rule, policy.cap, now, after=after, limit=_CHUNK)
        if any(verdict(facts_of(person)) is None for person in people):
            return
        matched += len(people)
        if len(people) < _CHUNK:
            raise InvalidInputError(_nobody(audience, matched), field="audience")
        after = people[-1].person_id


def _nobody(audience: Audience, matched: int) -> str:
    if not matched:
        return f"Nobody matches “{audience.name}”. Import opt-ins, or pick another audience."
    return (
        f"Nobody of the {matched:,} who match “{audience.name}” may be written to; "
        f"/audience preview {audience.name} says why."
    )


def _is_same(campaign: Campaign, spec: CampaignSpec, author: str) -> bool:
    # The number is our choice, not the form's, and may fall otherwise the second time.
    asked = replace(campaign.spec, phone_number_id=spec.phone_number_id)
    return (asked, campaign.created_by) == (spec, author)


def _letters(seed: str) -> str:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    letters = []
    for _ in range(_LONGEST):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(letters)


def _is_blocked(tx: Transaction, phone_number_id: str) -> bool:
    status = tx.numbers.get(phone_number_id)
    return status is not None and status.blocked is not None


def _waiting(tx: Transaction, underway: Collection[Campaign], phone_number_id: str) -> int:
    mine = [campaign for campaign in underway if campaign.spec.phone_number_id == phone_number_id]
    return sum(tx.campaigns.tallies(campaign.id).get("waiting", 0) for campaign in mine)

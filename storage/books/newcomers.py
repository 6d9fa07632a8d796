"""Rows of people of whom nothing is on record, each with the opt-in that brings them.

Whoever is new needs no upsert, no look at earlier consent, and gets the standing at once: an id counted out beforehand
makes every table one run of one statement (`benchmarks/optins_import.py`).
"""

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.consent import ConsentKind, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIns

#: Columns of the rows below, in their order.
PERSON = ("id", "phone", "identity", "country", "market", "name", "language", "attributes", "opted_in_at")
CONSENT = ("person_id", "at", "source", "wording", "evidence")
TAG = ("person_id", "tag_id")

NewRow = tuple[object, ...]


def people(ids: Sequence[int], opt_ins: OptIns, now: Millis) -> Iterator[NewRow]:
    """Give the rows of `people`."""
    c = opt_ins.columns
    identities = [identity or e164[1:] for e164, identity in zip(c.e164, c.identity, strict=True)]
    who = (c.e164, identities, c.region, c.market, c.name, c.language, c.attributes)
    return zip(ids, *who, said_at(opt_ins, now), strict=True)


def all_people(now: Millis) -> Mapping[str, object]:
    """Give what all rows of `people` have."""
    return {"standing": int(Standing.OPTED_IN), "created_at": now, "updated_at": now}


def consents(ids: Sequence[int], opt_ins: OptIns, *, evidence: str, now: Millis) -> Iterator[NewRow]:
    """Give the rows of `consents`."""
    c = opt_ins.columns
    where = [f"{evidence}, line {line}" for line in c.line]
    return zip(ids, said_at(opt_ins, now), c.source, c.wording, where, strict=True)


def all_consents(actor: str, now: Millis) -> Mapping[str, object]:
    """Give what all rows of `consents` have: each is the first line of somebody."""
    return {"id": 1, "kind": ConsentKind.OPT_IN.value, "actor": actor, "recorded_at": now}


def said_at(opt_ins: OptIns, now: Millis) -> Sequence[Millis]:
    """Give when each was given; without a time of its own it was given now."""
    return [now if at is None else at for at in opt_ins.columns.opted_in_at]


def tags(ids: Sequence[int], opt_ins: OptIns, tag_ids: Mapping[str, int]) -> Iterator[NewRow]:
    """Give the rows of `person_tags`."""
    # Rows of one file share few sets of tags.
    by_set = {tags: sorted(tag_ids[tag] for tag in tags) for tags in set(opt_ins.columns.tags)}
    for person_id, tags in zip(ids, opt_ins.columns.tags, strict=True):
        for tag_id in by_set[tags]:
            yield (person_id, tag_id)


def tags_of(opt_ins: OptIns) -> frozenset[str]:
    """Name every tag that somebody gets."""
    return frozenset().union(*set(opt_ins.columns.tags))

"""Rows of people of whom nothing is on record, each with the opt-in that brings them.

Whoever is new needs no upsert, no look at earlier consent, and gets the standing at once: an id counted out beforehand
makes every table one run of one statement (`benchmarks/optins_import.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring

from bot.domain.consent import ConsentKind, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIn

#: Columns of the rows below, in their order.
PERSON = (
    *("id", "phone", "identity", "country", "market", "name", "language", "attributes"),
    *("standing", "opted_in_at", "created_at", "updated_at"),
)
CONSENT = ("id", "person_id", "kind", "at", "source", "wording", "evidence", "actor", "recorded_at")
TAG = ("person_id", "tag_id")

# Plain numbers and words: reading them from an enum for every row takes as long as binding them.
_OPTED_IN = int(Standing.OPTED_IN)
_OPT_IN = ConsentKind.OPT_IN.value

NewRow = tuple[object, ...]


def people(ids: Sequence[int], opt_ins: Sequence[OptIn], now: Millis) -> Iterator[NewRow]:
    """Give the rows of `people`."""
    for person_id, opt_in in zip(ids, opt_ins, strict=True):
        e164, region, identity = opt_in.number
        said_at = now if opt_in.opted_in_at is None else opt_in.opted_in_at
        row = (person_id, e164, identity, region, opt_in.market, opt_in.name, opt_in.language)
        yield (*row, attributes_json(opt_in.attributes), _OPTED_IN, said_at, now, now)


def consents(
    ids: Sequence[int], opt_ins: Sequence[OptIn], *, evidence: str, actor: str, now: Millis
) -> Iterator[NewRow]:
    """Give the rows of `consents`."""
    for person_id, opt_in in zip(ids, opt_ins, strict=True):
        said_at = now if opt_in.opted_in_at is None else opt_in.opted_in_at
        where = f"{evidence}, line {opt_in.line}"
        yield (1, person_id, _OPT_IN, said_at, opt_in.source, opt_in.wording, where, actor, now)


def attributes_json(attributes: Mapping[str, str]) -> str:
    """Write texts as `rows.values.to_json` does, without making an encoder for every person."""
    pairs = [f"{encode_basestring(name)}:{encode_basestring(value)}" for name, value in attributes.items()]
    return "{" + ",".join(pairs) + "}"


def tags(ids: Sequence[int], opt_ins: Sequence[OptIn], tag_ids: Mapping[str, int]) -> Iterator[NewRow]:
    """Give the rows of `person_tags`."""
    # Rows of one file share few sets of tags.
    by_set = {tags: sorted(tag_ids[tag] for tag in tags) for tags in {opt_in.tags for opt_in in opt_ins}}
    for person_id, opt_in in zip(ids, opt_ins, strict=True):
        for tag_id in by_set[opt_in.tags]:
            yield (person_id, tag_id)


def tags_of(opt_ins: Sequence[OptIn]) -> frozenset[str]:
    """Name every tag that somebody gets."""
    return frozenset().union(*{opt_in.tags for opt_in in opt_ins})

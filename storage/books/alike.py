"""Changed messages grouped by what is alike in them: a group is written by one statement, and judged by one example.

In a batch of statuses nearly all messages change in one of a few ways, and looking at each of them apart took more time
than writing them (benchmarks/webhooks.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import is_not, itemgetter, ne
from typing import Any, NamedTuple

from bot.domain.message import Recipient

Change = tuple[Recipient, Recipient]

_COLUMNS = Recipient._fields
WIDTH = len(_COLUMNS)
_NOTHING = (None,) * (2 * WIDTH)
# What a counter or a statement depends on by its value; of all else only on whether it is there.
_NAMES = ("campaign_id", "market", "dispatch", "code", "reason", "route", "free")
_PLACES = [_COLUMNS.index(name) for name in _NAMES]
_values_that_count = itemgetter(*_PLACES, *(WIDTH + place for place in _PLACES))


class Alike(NamedTuple):
    """Changes (before, after) of the same kind; the first stands for all of them.

    `changed` says for each column whether it changes, `known` whether it held something before.
    """

    changes: Sequence[Change]
    changed: tuple[bool, ...]
    known: tuple[bool, ...]

    @property
    def before(self) -> Recipient:
        """One of them as it was."""
        return self.changes[0][0]

    @property
    def after(self) -> Recipient:
        """The same as it becomes."""
        return self.changes[0][1]


def alike(changes: Iterable[Change]) -> list[Alike]:
    """Group changes: within a group the same facts move, and the same columns and words are written."""
    groups: dict[tuple[Any, ...], list[Change]] = defaultdict(list)
    for change in changes:
        before, after = change
        both = after + before
        known = tuple(map(is_not, both, _NOTHING))
        groups[_values_that_count(both), known, tuple(map(ne, before, after))].append(change)
    return [Alike(found, changed, known[WIDTH:]) for (_, known, changed), found in groups.items()]

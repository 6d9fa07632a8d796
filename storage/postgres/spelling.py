"""Turns a statement of the books into PostgreSQL's spelling: a short list of phrases, each with its reason."""

import re
from functools import lru_cache
from typing import Any

from storage.books.connection import Values
from storage.rows.values import Listed

_VALUE = r"(\?|:\w+)"

#: In this order. What differs in more than spelling is overridden in the books of this package instead.
_PHRASES: tuple[tuple[str, str], ...] = (
    # psycopg reads a per cent sign as the beginning of a value.
    (r"%", "%%"),
    # A list is bound as an array, which an index can be searched with.
    (rf"NOT IN \(SELECT value FROM json_each\({_VALUE}\)\)", r"<> ALL(\1)"),
    (rf"IN \(SELECT value FROM json_each\({_VALUE}\)\)", r"= ANY(\1)"),
    # Read as a table, a list is one of texts.
    (rf"FROM json_each\({_VALUE}\)", r"FROM unnest(\1::text[]) AS listed (value)"),
    # IS takes only NULL, TRUE and FALSE.
    (rf"\bIS NOT {_VALUE}", r"IS DISTINCT FROM \1"),
    (rf"\bIS {_VALUE}", r"IS NOT DISTINCT FROM \1"),
    # SQLite's way to fix the order of a join; the planner here needs none, and allows no ON.
    (r"\bCROSS JOIN\b", "JOIN"),
    # The planner here cannot be told which index to take, and has fresher statistics.
    (r"\bINDEXED BY \w+", ""),
    # LIKE minds case here.
    (r"\bLIKE\b", "ILIKE"),
    # A search in bytes has its own word, and one in text another.
    (rf"\binstr\(body, {_VALUE}\)", r"position(\1 IN body)"),
    (r"\binstr\(", "strpos("),
    # SQLite's merging of JSON objects (RFC 7396); ours hold only texts, so replacing keys is the same.
    (r"\bjson_patch\(([\w.]+), ([\w.]+)\)", r"(\1::jsonb || \2::jsonb)::text"),
    # SQLite's replacing of one key; the keys' order does not matter in what is read back.
    (r"\bjson_set\((\w+), '\$\.(\w+)', json\('(.*?)'\)\)", r"jsonb_set(\1::jsonb, '{\2}', '\3')::text"),
    # An aggregate of our own in SQLite.
    (r"\blowest_ids\(id\)", "to_json((array_agg(id ORDER BY id))[1:3])::text"),
    # Here the aggregate itself can be told the order.
    (r"\bgroup_concat\((\w+)\)", r"string_agg(\1::text, ',' ORDER BY \1)"),
    # psycopg's signs for values; `::` is a cast.
    (r"(?<!:):([a-z]\w*)", r"%(\1)s"),
    (r"\?", "%s"),
)
_COMPILED = tuple((re.compile(phrase), spelled) for phrase, spelled in _PHRASES)


@lru_cache(maxsize=1024)
def spelled(sql: str) -> str:
    """Spell a statement of ours for psycopg; every one is made of constants, so there are few."""
    for phrase, replacement in _COMPILED:
        sql = phrase.sub(replacement, sql)
    return sql


def bound(values: Values) -> Any:
    """Give values as psycopg binds them, by place or by name."""
    if isinstance(values, dict):
        return {name: _bound(value) for name, value in values.items()}
    return [_bound(value) for value in values]


def _bound(value: object) -> object:
    if isinstance(value, Listed):
        return value.values
    return storable(value) if isinstance(value, str) else value


def storable(text: str) -> str:
    """Replace NUL, which PostgreSQL stores in no text: what somebody sent us must not make the whole write fail."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")

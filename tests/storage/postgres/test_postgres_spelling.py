"""Spelling: every phrase in which PostgreSQL differs from the statements we write, and nothing else."""

import pytest

from storage.postgres.spelling import bound, spelled
from storage.rows.values import listed


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT * FROM people WHERE id = ?", "SELECT * FROM people WHERE id = %s"),
        ("SET name = :name, at = :at_2", "SET name = %(name)s, at = %(at_2)s"),
        ("id IN (SELECT value FROM json_each(?))", "id = ANY(%s)"),
        ("id NOT IN (SELECT value FROM json_each(:ids))", "id <> ALL(%(ids)s)"),
        ("FROM json_each(?) WHERE true", "FROM unnest(%s::text[]) AS listed (value) WHERE true"),
        ("wa_id IS NOT :wa_id AND code IS ?", "wa_id IS DISTINCT FROM %(wa_id)s AND code IS NOT DISTINCT FROM %s"),
        ("erased_at IS NULL AND bsuid IS NOT NULL", "erased_at IS NULL AND bsuid IS NOT NULL"),
        ("name LIKE ? ESCAPE '!'", "name ILIKE %s ESCAPE '!'"),
        ("a CROSS JOIN b ON b.id = a.id", "a JOIN b ON b.id = a.id"),
        ("instr(body, :digits) > 0 OR instr(a, '_')", "position(%(digits)s IN body) > 0 OR strpos(a, '_')"),
        ("json_patch(p.a, excluded.b)", "(p.a::jsonb || excluded.b::jsonb)::text"),
        ("json_set(plan, '$.examples', json('[]'))", "jsonb_set(plan::jsonb, '{examples}', '[]')::text"),
        ("a % 2", "a %% 2"),
    ],
)
def test_a_phrase_is_spelled_as_postgresql_wants_it(ours: str, theirs: str):
    assert spelled(ours) == theirs


def test_values_are_bound_by_place_and_by_name_lists_as_arrays():
    assert bound((1, listed(["b", "a"]), None)) == [1, ["a", "b"], None]
    assert bound({"ids": listed([2, 1]), "text": "a\0b"}) == {"ids": [1, 2], "text": "a\N{REPLACEMENT CHARACTER}b"}

"""Who else is the same human being: questions about identities, put so that the small index of them answers.

Nearly everybody's identity is their phone without its plus. Only of the others is there an index: one for everybody
would be written for every row of an import and answer nothing that the phone does not (`benchmarks/optins_import.py`).
"""

#: The identity says more than the phone. SQLite takes the index `people_by_identity` only where these very words stand.
RESPELT = "({p}.phone IS NULL OR {p}.identity <> substr({p}.phone, 2))"

_AS_WRITTEN = "{other}.phone = '+' || {p}.identity AND {other}.identity = {p}.identity"
_RESPELT_TOO = f"{RESPELT.format(p='{other}')} AND {{other}}.identity = {{p}}.identity"


def same_identity(person: str, other: str, condition: str) -> str:
    """Write that there is another person with the same identity of whom a condition holds.

    Whose number is written as their identity is alone with that phone: they need not be looked for under it.
    """
    first, second = (
        f"EXISTS (SELECT 1 FROM people AS {other} WHERE {alike.format(p=person, other=other)} AND {condition})"
        for alike in (_AS_WRITTEN, _RESPELT_TOO)
    )
    return f"({RESPELT.format(p=person)} AND {first} OR {second})"


def everybody_alike(person: str, other: str) -> tuple[str, str]:
    """Write the two ways in which another person can have the same identity, to be joined on one after the other."""
    as_written, respelt = (part.format(p=person, other=other) for part in (_AS_WRITTEN, _RESPELT_TOO))
    return f"{RESPELT.format(p=person)} AND {as_written}", respelt

"""Rows of people, consent, imports and audiences."""

from collections.abc import Mapping
from typing import Any

from bot.domain.audience import Audience, AudienceRule
from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.instants import Millis
from bot.ports.people import Candidate, ImportRun, Person
from storage.rows.values import Row, from_json, in_order, to_json

#: What is selected for `candidate` to read, before `is_capped` and `is_duplicate`: the fields of a `Candidate`.
CANDIDATE = ", ".join(f"p.{name}" for name in ("id", *Candidate._fields[1:-2]))
#: Every set of bits; looked up, because an enum takes longer to call than a person to read.
_STANDINGS = tuple(Standing(bits) for bits in range(2 * max(Standing)))


def person(row: Row, tags: frozenset[str]) -> Person:
    """Build a person; the tags come from their own table."""
    return Person(
        id=row["id"],
        phone=row["phone"],
        bsuid=row["bsuid"],
        identity=row["identity"],
        country=row["country"],
        market=row["market"],
        name=row["name"],
        language=row["language"],
        attributes=from_json(row["attributes"]),
        tags=tags,
        standing=Standing(row["standing"]),
        opted_in_at=row["opted_in_at"],
        failures=row["failures"],
        wa_id=row["wa_id"],
    )


def candidate(row: Row) -> Candidate:
    """Build a person who matches a rule from a row of `CANDIDATE`, by place: by name each column is searched for."""
    person_id, phone, bsuid, identity, country, market, name, language, text, bits, capped, duplicate = in_order(row)
    return Candidate(
        person_id,
        phone,
        bsuid,
        identity,
        country,
        market,
        name,
        language,
        {} if text == "{}" else from_json(text),
        _STANDINGS[bits],
        bool(capped),
        bool(duplicate),
    )


def consent_event(row: Row) -> ConsentEvent:
    """Build one line of consent history."""
    return ConsentEvent(
        kind=ConsentKind(row["kind"]),
        at=Millis(row["at"]),
        source=row["source"],
        wording=row["wording"],
        evidence=row["evidence"],
        actor=row["actor"],
    )


def import_values(run: ImportRun) -> dict[str, object]:
    """Give an import's columns."""
    return {
        "source": run.source,
        "wording": run.wording,
        "file_name": run.file_name,
        "file_sha256": run.file_sha256,
        "actor": run.actor,
        "started_at": run.started_at,
        "rows": run.rows,
        "added": run.added,
        "updated": run.updated,
        "refused": run.refused,
        "finished_at": run.finished_at,
    }


def audience(row: Row) -> Audience:
    """Build a named rule."""
    return Audience(
        id=row["id"],
        name=row["name"],
        rule=_rule(from_json(row["rule"])),
        created_by=row["created_by"],
        created_at=Millis(row["created_at"]),
    )


def rule_json(rule: AudienceRule) -> str:
    """Write a rule as JSON text."""
    return to_json(
        {
            "tags_any": sorted(rule.tags_any),
            "tags_all": sorted(rule.tags_all),
            "tags_none": sorted(rule.tags_none),
            "countries": sorted(rule.countries),
            "languages": sorted(rule.languages),
            "not_messaged_days": rule.not_messaged_days,
        }
    )


def _rule(stored: Mapping[str, Any]) -> AudienceRule:
    return AudienceRule(
        tags_any=frozenset(stored["tags_any"]),
        tags_all=frozenset(stored["tags_all"]),
        tags_none=frozenset(stored["tags_none"]),
        countries=frozenset(stored["countries"]),
        languages=frozenset(stored["languages"]),
        not_messaged_days=stored["not_messaged_days"],
    )

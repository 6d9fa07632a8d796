"""Turns an audience rule into SQL: who matches, who is capped, who is a duplicate of somebody who comes first."""

from bot.domain.audience import AudienceRule
from bot.domain.consent import FrequencyCap, Standing
from bot.domain.instants import DAY, Millis
from storage.books.identities import same_identity
from storage.rows.values import listed

#: How many campaigns reached (or may have reached) a person since an instant; what may have left counts, so that two
#: campaigns sending at once cannot both slip under the cap.
CAMPAIGNS_SINCE = """(
  SELECT count(DISTINCT r.campaign_id) FROM recipients AS r
  WHERE r.person_id = {person} AND r.dispatch IN ('accepted', 'sending', 'in_doubt')
    AND coalesce(r.accepted_at, r.sending_at) >= {since}
)"""

_HAS_TAG = """EXISTS (
  SELECT 1 FROM person_tags AS pt JOIN tags AS t ON t.id = pt.tag_id
  WHERE pt.person_id = {p}.id AND t.name IN (SELECT value FROM json_each(:tags_{kind}))
)"""

_ALL_TAGS = """(
  SELECT count(*) FROM person_tags AS pt JOIN tags AS t ON t.id = pt.tag_id
  WHERE pt.person_id = {p}.id AND t.name IN (SELECT value FROM json_each(:tags_all))
) = :tags_all_count"""

LANGUAGE = """(
  replace(lower({p}.language), '-', '_') IN (SELECT value FROM json_each(:languages))
  OR lower(substr({p}.language, 1, instr(replace({p}.language, '-', '_') || '_', '_') - 1))
    IN (SELECT value FROM json_each(:languages))
)"""

#: Somebody else with the same identity, who matches too, may be written to, and has the lower id.
_COMES_FIRST = "d.id < p.id AND d.standing = {sendable} AND {matches}"

_SELECT = "SELECT {columns}, {capped} AS is_capped, {duplicate} AS is_duplicate FROM people AS p WHERE {matches}"


def matching(rule: AudienceRule, cap: FrequencyCap | None, columns: str) -> str:
    """Write the SELECT of everybody who matches (`p`), with `is_capped` and `is_duplicate`; bind `matching_values`."""
    capped = "0"
    if cap is not None:
        capped = f"{CAMPAIGNS_SINCE.format(person='p.id', since=':cap_since')} >= :cap_campaigns"
    comes_first = _COMES_FIRST.format(sendable=int(Standing.OPTED_IN), matches=_conditions(rule, "d"))
    duplicate = same_identity("p", "d", comes_first)
    return _SELECT.format(columns=columns, capped=capped, duplicate=duplicate, matches=_conditions(rule, "p"))


def matching_values(rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> dict[str, object]:
    """Give the values of the names in `matching`."""
    return {
        "tags_any": listed(rule.tags_any),
        "tags_all": listed(rule.tags_all),
        "tags_all_count": len(rule.tags_all),
        "tags_none": listed(rule.tags_none),
        "countries": listed(rule.countries),
        "languages": listed({language.lower().replace("-", "_") for language in rule.languages}),
        "messaged_since": now - (rule.not_messaged_days or 0) * DAY,
        "cap_since": now - cap.span_ms if cap else 0,
        "cap_campaigns": cap.campaigns if cap else 0,
    }


def _conditions(rule: AudienceRule, person: str) -> str:
    parts = [f"{person}.erased_at IS NULL"]
    if rule.tags_any:
        parts.append(_HAS_TAG.format(p=person, kind="any"))
    if rule.tags_all:
        parts.append(_ALL_TAGS.format(p=person))
    if rule.tags_none:
        parts.append("NOT " + _HAS_TAG.format(p=person, kind="none"))
    if rule.countries:
        parts.append(f"{person}.country IN (SELECT value FROM json_each(:countries))")
    if rule.languages:
        parts.append(LANGUAGE.format(p=person))
    if rule.not_messaged_days is not None:
        parts.append(CAMPAIGNS_SINCE.format(person=f"{person}.id", since=":messaged_since") + " = 0")
    return " AND ".join(parts)

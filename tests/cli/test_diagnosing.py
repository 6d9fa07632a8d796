"""What each fact about the set-up means, and what there is to do about it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY, MINUTE, SECOND, Millis, from_datetime, to_datetime
from bot.domain.rates import RateCard, default_card
from bot.domain.template import Template
from bot.ports.meta import ErrorClass, Failure, MetaRefusedError, MetaUnavailableError, NumberFacts
from bot.services import diagnosing
from bot.services.diagnosing import OPTIONAL_SCOPES, SCOPES, Finding, Level
from tests.builders import NOW, NUMBER

EXPIRED = Failure(190, ErrorClass.CONFIG, "The access token has expired", "Set META_ACCESS_TOKEN to a new one.")


@dataclass
class FakeMeta:
    """Meta's side as a test wants it; an exception in the place of an answer is raised."""

    status: str | Exception = "ONBOARDED"
    apps: int | Exception = 1
    time: Millis | None = NOW
    refused_numbers: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def templates(self) -> AsyncIterator[Template]:
        raise NotImplementedError

    async def template(self, template_id: str) -> Template | None:
        raise NotImplementedError

    async def set_ttl(self, template_id: str, seconds: int) -> None:
        raise NotImplementedError

    async def has_media(self, media_id: str) -> bool:
        raise NotImplementedError

    async def number(self, phone_number_id: str) -> NumberFacts:
        self.asked.append(phone_number_id)
        if phone_number_id in self.refused_numbers:
            raise MetaRefusedError(EXPIRED)
        return a_number(phone_number_id=phone_number_id)

    async def onboarding(self) -> str:
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    async def subscribed_apps(self) -> int:
        if isinstance(self.apps, Exception):
            raise self.apps
        return self.apps

    async def server_time(self) -> Millis | None:
        return self.time


def a_number(phone_number_id: str = NUMBER, quality: str = "GREEN", limit: int | None = 2_000) -> NumberFacts:
    return NumberFacts(
        phone_number_id=phone_number_id,
        display="+1 202-555-0100",
        verified_name="The Shop",
        granted_mps=80,
        messaging_limit=limit,
        quality=quality,
    )


def levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def test_a_finding_is_a_line_with_level_fact_and_mend():
    assert str(diagnosing.ok("Clock: fine.")) == "ok   Clock: fine."
    assert str(diagnosing.warn("Late.", "Hurry.")) == "warn Late. Hurry."
    assert str(diagnosing.fail("Gone.", "Look.")) == "fail Gone. Look."


def test_all_scopes_and_more_are_fine():
    assert diagnosing.judge_scopes({*SCOPES, *OPTIONAL_SCOPES, "files:write"}).level is Level.OK


def test_what_is_optional_may_be_missing_and_its_price_is_told():
    finding = diagnosing.judge_scopes(SCOPES | {"channels:history"})

    assert finding.level is Level.WARN
    assert "groups:history not granted" in str(finding)
    assert "there twice" in str(finding)


def test_every_missing_scope_is_named():
    finding = diagnosing.judge_scopes(SCOPES - {"files:read", "im:write"})

    assert finding.level is Level.FAIL
    assert "files:read, im:write missing" in finding.what


@pytest.mark.parametrize(
    ("public_url", "is_socket_mode", "level"),
    [
        ("https://bot.example.org", False, Level.OK),
        ("http://127.0.0.1:8080", True, Level.OK),
        ("http://bot.example.org", True, Level.WARN),
        (None, True, Level.WARN),
        (None, False, Level.FAIL),
    ],
)
def test_slack_over_http_needs_a_public_address(public_url: str | None, is_socket_mode: bool, level: Level):
    assert diagnosing.judge_public_url(public_url, is_socket_mode=is_socket_mode).level is level


def test_without_approvers_nothing_can_be_sent():
    assert diagnosing.judge_approvers(()).level is Level.FAIL
    assert diagnosing.judge_approvers(("U0ADA",)).level is Level.OK


@pytest.mark.parametrize(
    ("difference", "level", "word"),
    [
        (0, Level.OK, "0 s"),
        (MINUTE, Level.OK, "60 s"),
        (-MINUTE, Level.OK, "60 s"),
        (MINUTE + SECOND, Level.WARN, "61 s ahead of"),
        (-MINUTE - SECOND, Level.WARN, "61 s behind"),
    ],
)
def test_a_clock_may_be_a_minute_off(difference: int, level: Level, word: str):
    finding = diagnosing.judge_clock(Millis(NOW + difference), NOW)

    assert finding.level is level
    assert word in finding.what


@pytest.mark.parametrize(
    ("free", "level"), [(50_000_000, Level.FAIL), (500_000_000, Level.WARN), (5_000_000_000, Level.OK)]
)
def test_a_full_disk_fails_before_it_is_full(free: int, level: Level):
    assert diagnosing.judge_disk(free).level is level


def test_a_rate_card_is_old_after_two_quarters():
    card = RateCard.parse("effective_from,market,currency,marketing\n2026-07-01,Other,USD,0.06\n", "ours.csv")
    first_day = from_datetime(to_datetime(NOW).replace(month=7, day=1, hour=0))

    assert diagnosing.judge_rate_card(card, Millis(first_day + 184 * DAY)).level is Level.OK
    assert diagnosing.judge_rate_card(card, Millis(first_day + 184 * DAY + 1)).level is Level.WARN


def test_the_card_that_ships_knows_its_newest_prices():
    assert default_card().newest == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("ONBOARDED", Level.OK),
        ("ELIGIBLE", Level.FAIL),
        ("PENDING_VALID_PAYMENT_METHOD", Level.FAIL),
        ("PENDING_INTERNAL_SETUP", Level.FAIL),
        ("INELIGIBLE_ON_BEHALF_OF_WABA", Level.FAIL),
        ("INELIGIBLE_INACTIVE_OR_RESTRICTED", Level.FAIL),
        ("INELIGIBLE_COUNTRY_NOT_SUPPORTED", Level.FAIL),
        ("INELIGIBLE_USING_WHATSAPP_BUSINESS_APP", Level.FAIL),
        ("SOMETHING_NEW", Level.WARN),
    ],
)
def test_an_onboarding_status_says_its_name_and_how_to_go_on(status: str, level: Level):
    finding = diagnosing.judge_onboarding(status)

    assert finding.level is level
    assert status in finding.what
    assert bool(finding.mend) is (level is not Level.OK)


def test_a_number_of_bad_quality_is_a_warning():
    assert diagnosing.judge_number(a_number(quality="RED")).level is Level.WARN
    assert diagnosing.judge_number(a_number(quality="YELLOW")).level is Level.OK


def test_a_number_tells_its_pace_and_limit():
    assert "80 messages a second, unlimited in 24 hours" in diagnosing.judge_number(a_number(limit=None)).what
    assert "2000 people in 24 hours" in diagnosing.judge_number(a_number()).what


async def test_a_healthy_account_has_nothing_but_good_findings():
    findings = await diagnosing.examine_meta(FakeMeta(), (NUMBER, "2"), NOW)

    assert set(levels(findings)) == {Level.OK}
    assert diagnosing.failures(findings) == 0


async def test_a_refused_token_is_one_finding_and_nothing_more_is_asked():
    meta = FakeMeta(status=MetaRefusedError(EXPIRED))

    findings = await diagnosing.examine_meta(meta, (NUMBER,), NOW)

    assert levels(findings) == [Level.FAIL]
    assert "(190)" in findings[0].what
    assert findings[0].mend == EXPIRED.mend
    assert meta.asked == []


async def test_a_meta_that_does_not_answer_is_one_finding():
    findings = await diagnosing.examine_meta(FakeMeta(status=MetaUnavailableError("no network")), (NUMBER,), NOW)

    assert levels(findings) == [Level.FAIL]
    assert "no network" in findings[0].what


async def test_one_bad_number_does_not_hide_the_others():
    meta = FakeMeta(refused_numbers=("1",))

    findings = await diagnosing.examine_meta(meta, ("1", "2"), NOW)

    assert meta.asked == ["1", "2"]
    assert diagnosing.failures(findings) == 1


@pytest.mark.parametrize("apps", [0, MetaRefusedError(EXPIRED), MetaUnavailableError("no network")])
async def test_without_a_subscribed_app_no_status_would_arrive(apps: int | Exception):
    findings = await diagnosing.examine_meta(FakeMeta(apps=apps), (NUMBER,), NOW)

    assert findings[-1].what.startswith("Webhook")
    assert findings[-1].level is Level.FAIL


def test_every_fault_in_the_settings_is_a_finding():
    findings = diagnosing.from_configuration(ConfigurationError("A is missing; set it.\nB must be C."))

    assert [str(finding) for finding in findings] == ["fail A is missing; set it.", "fail B must be C."]

"""What an operator may set, and what is said when it is wrong."""

from pathlib import Path

import pytest

from bot.domain.consent import FrequencyCap
from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY, HOUR
from bot.domain.rates import default_card
from bot.settings import Settings, load, load_database_url, misspelt, variables
from tests.cli.terminal import REQUIRED

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "META_ACCESS_TOKEN", "META_APP_SECRET", "META_VERIFY_TOKEN")


def given(**changes: str) -> Settings:
    return load({**REQUIRED, **changes}, None)


def fault_of(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        given(**changes)
    return str(raised.value)


def test_what_is_not_set_has_the_documented_default():
    settings = given()

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database_url == "sqlite:///arauto.db"
    assert (settings.meta_api_url, settings.meta_api_version) == ("https://graph.facebook.com", "v25.0")
    assert settings.slack_api_url == "https://slack.com/api"
    assert (settings.timezone, settings.template_wait_seconds) == ("UTC", 600)
    assert (settings.admins, settings.approvers, settings.marketers, settings.testers) == ((), (), (), ())
    none_set = (settings.slack_app_token, settings.public_url, settings.max_mps, settings.frequency_cap)
    assert none_set == (None, None, None, None)
    assert settings.prices() is default_card()


def test_everything_that_is_missing_is_told_at_once():
    with pytest.raises(ConfigurationError) as raised:
        load({}, None)

    lines = str(raised.value).splitlines()

    assert [line.split()[0] for line in lines] == list(REQUIRED)
    assert all("set it in the environment or in .env" in line for line in lines)


def test_missing_and_wrong_settings_are_told_together():
    with pytest.raises(ConfigurationError) as raised:
        load({**REQUIRED, "META_WABA_ID": "", "PORT": "http", "ARAUTO_TIMEZONE": "Mars/Base"}, None)

    assert [line.split()[0] for line in str(raised.value).splitlines()] == ["META_WABA_ID", "PORT", "ARAUTO_TIMEZONE"]


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A-1-b", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1-2-3", "xapp-"),
        ("META_APP_SECRET", "two words", "one word"),
        ("META_PHONE_NUMBER_IDS", "+1 202 555 0123", "not the phone numbers"),
        ("META_PHONE_NUMBER_IDS", " , ", "is empty"),
        ("META_API_URL", "https://graph.facebook.com/v25.0", "META_API_VERSION"),
        ("META_API_URL", "graph.facebook.com", "https://graph.facebook.com"),
        ("META_API_VERSION", "25", "v25.0"),
        ("DATABASE_URL", "mysql://db/arauto", "sqlite:///relative/path"),
        ("DATABASE_URL", "sqlite:///", "sqlite:///relative/path"),
        ("PUBLIC_URL", "bot.example.org", "https://"),
        ("PUBLIC_URL", "https://bot.example.org/?a=b", "https://"),
        ("PUBLIC_URL", "https://bot.example.org:port", "https://"),
        ("PORT", "65536", "from 0 to 65535"),
        ("PORT", "-1", "from 0 to 65535"),
        ("ARAUTO_APPROVERS", "@maria", "no names"),
        ("ARAUTO_APPROVAL_CHANNEL", "#approvals", "not its name"),
        ("ARAUTO_TIMEZONE", "Amsterdam", "America/Sao_Paulo"),
        ("ARAUTO_TIMEZONE", "../etc", "America/Sao_Paulo"),
        ("ARAUTO_MAX_MPS", "0", "1 or more"),
        ("ARAUTO_MAX_MPS", "4.5", "whole number"),
        ("ARAUTO_FREQUENCY_CAP", "2 per week", "2/7d"),
        ("ARAUTO_FREQUENCY_CAP", "0/7d", "2/7d"),
        ("ARAUTO_FREQUENCY_CAP", "1/999999d", "a year at most"),
        ("ARAUTO_TEMPLATE_WAIT", "-5", "0 or more"),
        ("ARAUTO_RATE_CARD", "/nowhere/prices.csv", "readable CSV"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it_and_what_was_expected(name: str, written: str, expected: str):
    fault = fault_of(**{name: written})

    assert fault.startswith(f"{name} ")
    assert expected in fault
    assert fault.count("\n") == 0
    assert fault.endswith(".")


def test_the_value_of_a_secret_is_not_in_the_fault():
    fault = fault_of(META_APP_SECRET="hush hush", DATABASE_URL="mysql://user:hush@db/x", SLACK_BOT_TOKEN="xapp-hush")

    assert "hush" not in fault


def test_a_wrong_tester_is_named_by_its_place_and_not_by_its_number():
    fault = fault_of(ARAUTO_TESTERS="+1 202 555 0123, 202 555 0124")

    assert fault.startswith("ARAUTO_TESTERS must be phone numbers")
    assert "number 2 is not" in fault
    assert "0124" not in fault


def test_settings_do_not_show_their_secrets():
    shown = repr(given(SLACK_APP_TOKEN="xapp-1", DATABASE_URL="postgresql://user:hush@db/arauto"))

    assert all(REQUIRED[name] not in shown for name in SECRETS)
    assert "xapp-1" not in shown
    assert "hush" not in shown


def test_a_secret_is_used_as_it_is():
    token = given(META_ACCESS_TOKEN="EAAabc").meta_access_token

    assert f"Bearer {token}" == "Bearer EAAabc"


def test_addresses_lose_the_slash_at_their_end():
    settings = given(
        PUBLIC_URL="https://bot.example.org/",
        META_API_URL="http://127.0.0.1:9000/",
        SLACK_API_URL="http://127.0.0.1:9001/api/",
    )

    assert settings.public_url == "https://bot.example.org"
    assert settings.meta_api_url == "http://127.0.0.1:9000"
    assert settings.slack_api_url == "http://127.0.0.1:9001/api"


def test_lists_keep_their_order_and_name_everything_once():
    settings = given(META_PHONE_NUMBER_IDS="22, 11 ,22,", ARAUTO_APPROVERS="U0MARIA,S0BOSSES")

    assert settings.meta_phone_number_ids == ("22", "11")
    assert settings.approvers == ("U0MARIA", "S0BOSSES")


def test_testers_are_spelt_as_e164():
    assert given(ARAUTO_TESTERS="+1 202 555 0123, +1 (202) 555-0124,").testers == ("+12025550123", "+12025550124")


@pytest.mark.parametrize(
    ("written", "cap"), [("2/7d", FrequencyCap(2, 7 * DAY)), ("1/24h", FrequencyCap(1, 24 * HOUR))]
)
def test_a_frequency_cap_counts_days_or_hours(written: str, cap: FrequencyCap):
    assert given(ARAUTO_FREQUENCY_CAP=written).frequency_cap == cap


def test_a_rate_card_of_ones_own_takes_the_place_of_ours(tmp_path: Path):
    path = tmp_path / "ours.csv"
    path.write_text("effective_from,market,currency,marketing\n2026-07-01,Other,BRL,0.31\n")

    card = given(ARAUTO_RATE_CARD=str(path)).prices()

    assert (card.name, card.currency) == ("ours.csv", "BRL")


def test_a_wrong_rate_card_is_told_with_its_line(tmp_path: Path):
    path = tmp_path / "ours.csv"
    path.write_text("effective_from,market,currency,marketing\n2026-07-01,Other,BRL,free\n")

    assert "ours.csv, line 2" in fault_of(ARAUTO_RATE_CARD=str(path))


def test_the_environment_wins_over_the_file(tmp_path: Path):
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=9000\nHOST=0.0.0.0\n")

    settings = load({**REQUIRED, "PORT": "9100"}, dotenv)

    assert (settings.host, settings.port) == ("0.0.0.0", 9100)  # noqa: S104 - only read, nothing listens


def test_an_empty_variable_of_the_environment_takes_the_files_away(tmp_path: Path):
    dotenv = tmp_path / ".env"
    dotenv.write_text("SLACK_APP_TOKEN=xapp-1\n")

    assert load({**REQUIRED, "SLACK_APP_TOKEN": ""}, dotenv).slack_app_token is None


def test_a_dollar_sign_in_the_file_is_a_dollar_sign(tmp_path: Path):
    dotenv = tmp_path / ".env"
    dotenv.write_text("META_VERIFY_TOKEN=a${HOME}b$c\n")

    without = {name: value for name, value in REQUIRED.items() if name != "META_VERIFY_TOKEN"}

    settings = load(without, dotenv)

    assert settings.meta_verify_token == "a${HOME}b$c"


def test_a_file_that_is_no_text_is_told_in_one_sentence(tmp_path: Path):
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"HOST=\xff\xfe\n")

    with pytest.raises(ConfigurationError, match=r"\.env cannot be read; save it as UTF-8"):
        load(REQUIRED, dotenv)


def test_the_database_is_known_without_any_other_setting():
    assert load_database_url({}, None) == "sqlite:///arauto.db"
    assert load_database_url({"DATABASE_URL": "sqlite:////srv/a.db", "PORT": "wrong"}, None) == "sqlite:////srv/a.db"


def test_the_house_rules_are_the_settings_in_the_domains_words():
    settings = given(
        ARAUTO_MAX_MPS="40", ARAUTO_FREQUENCY_CAP="2/7d", ARAUTO_TEMPLATE_WAIT="0", PUBLIC_URL="https://b.example"
    )

    policy = settings.policy()

    assert (policy.approval_channel, policy.phone_number_ids) == ("C0APPROVALS", ("106540352242922",))
    assert (policy.max_mps, policy.cap, policy.template_wait_seconds) == (40, FrequencyCap(2, 7 * DAY), 0)
    assert policy.public_url == "https://b.example"


def test_the_roster_holds_the_roles_of_one_workspace():
    roster = given(ARAUTO_ADMINS="U0ADA", ARAUTO_APPROVERS="S0BOSSES").roster("T0TEAM")

    assert (roster.admins, roster.approvers, roster.marketers, roster.team) == (("U0ADA",), ("S0BOSSES",), (), "T0TEAM")


def test_a_misspelt_name_is_found_with_what_was_meant():
    assert misspelt({"ARAUTO_APPROVER": "U0ADA", "PATH": "/bin"}, None) == {"ARAUTO_APPROVER": "ARAUTO_APPROVERS"}


def test_every_default_passes_its_own_reading():
    for variable in variables():
        if variable.default is not None:
            variable.read(variable.default)

"""What an operator may set: one row per variable, read from the environment and `.env`, every fault told at once."""

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values

from bot import setting_kinds as kinds
from bot.domain.consent import FrequencyCap
from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY
from bot.domain.policy import Policy
from bot.domain.rates import RateCard, default_card
from bot.domain.roles import Roster
from bot.setting_kinds import Secret

DOTENV: Final = Path(".env")
_VARIABLE: Final = "variable"
_PREFIX: Final = "ARAUTO_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One setting as an operator knows it. `default` is written as in the environment; None gives None."""

    name: str
    meaning: str
    read: Callable[[str], Any]
    default: str | None = None
    is_required: bool = False
    #: Its value never shows in a message.
    is_private: bool = False


def _required(name: str, read: Callable[[str], Any], meaning: str, **more: Any) -> Any:
    return _optional(name, read, meaning, is_required=True, **more)


def _optional(name: str, read: Callable[[str], Any], meaning: str, default: str | None = None, **more: Any) -> Any:
    row = Variable(name=name, meaning=meaning, read=read, default=default, **more)
    return dataclasses.field(metadata={_VARIABLE: row})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, read and checked. Base addresses end without a slash, phone numbers are E.164."""

    slack_bot_token: Secret = _required(
        "SLACK_BOT_TOKEN",
        kinds.slack_token("xoxb-"),
        "the bot token of your Slack app, it begins with xoxb-",
        is_private=True,
    )
    slack_signing_secret: Secret = _required(
        "SLACK_SIGNING_SECRET", kinds.secret, "the signing secret of your Slack app", is_private=True
    )
    slack_app_token: Secret | None = _optional(
        "SLACK_APP_TOKEN",
        kinds.slack_token("xapp-"),
        "the app-level token, it begins with xapp-; set: Socket Mode, not set: HTTP",
        is_private=True,
    )
    slack_api_url: str = _optional(
        "SLACK_API_URL", kinds.url, "base address of Slack's Web API", "https://slack.com/api"
    )
    meta_access_token: Secret = _required(
        "META_ACCESS_TOKEN",
        kinds.secret,
        "a system user's token with whatsapp_business_messaging and whatsapp_business_management",
        is_private=True,
    )
    meta_app_secret: Secret = _required(
        "META_APP_SECRET", kinds.secret, "the Meta app's secret, which signs webhooks", is_private=True
    )
    meta_verify_token: Secret = _required(
        "META_VERIFY_TOKEN",
        kinds.secret,
        "a word of your choice, the same as in the Meta app's webhook settings",
        is_private=True,
    )
    meta_waba_id: str = _required("META_WABA_ID", kinds.meta_id, "the id of the WhatsApp Business Account")
    meta_phone_number_ids: tuple[str, ...] = _required(
        "META_PHONE_NUMBER_IDS", kinds.meta_ids, "the ids of the sender numbers, comma separated"
    )
    meta_api_url: str = _optional(
        "META_API_URL", kinds.graph_url, "base address of Meta's Graph API", "https://graph.facebook.com"
    )
    meta_api_version: str = _optional("META_API_VERSION", kinds.api_version, "version of Meta's Graph API", "v25.0")
    database_url: Secret = _optional(
        "DATABASE_URL",
        kinds.database_url,
        "the database: sqlite:///relative, sqlite:////absolute or postgresql://…",
        "sqlite:///arauto.db",
        is_private=True,
    )
    public_url: str | None = _optional(
        "PUBLIC_URL",
        kinds.url,
        "where this bot is reached from outside, for webhooks and click redirects; not set: no template with a "
        "`/c/` button can be used",
    )
    host: str = _optional("HOST", kinds.host, "address to listen on", "127.0.0.1")
    port: int = _optional("PORT", kinds.whole_number(0, 65_535), "port to listen on; 0 takes a free one", "8080")
    admins: tuple[str, ...] = _optional(
        "ARAUTO_ADMINS",
        kinds.user_ids,
        "ids of the Slack users or user groups that may do everything but approve",
        default="",
    )
    approvers: tuple[str, ...] = _optional(
        "ARAUTO_APPROVERS",
        kinds.user_ids,
        "ids of the Slack users or user groups that decide on campaigns; not set: nothing can be launched",
        default="",
    )
    marketers: tuple[str, ...] = _optional(
        "ARAUTO_MARKETERS",
        kinds.user_ids,
        "ids of the Slack users or user groups that make campaigns; not set: every full member of the workspace",
        default="",
    )
    approval_channel: str = _required(
        "ARAUTO_APPROVAL_CHANNEL", kinds.channel_id, "the id of the channel that gets the approval cards"
    )
    timezone: str = _optional("ARAUTO_TIMEZONE", kinds.zone, "time zone of schedules and digests", "UTC")
    max_mps: int | None = _optional(
        "ARAUTO_MAX_MPS",
        kinds.whole_number(1),
        "upper bound of messages per second and number, in every sliding second; not set: what Meta grants",
    )
    frequency_cap: FrequencyCap | None = _optional(
        "ARAUTO_FREQUENCY_CAP", kinds.frequency_cap, "campaigns per person, such as 2/7d; not set: no bound"
    )
    template_wait_seconds: int = _optional(
        "ARAUTO_TEMPLATE_WAIT",
        kinds.whole_number(0),
        "seconds to wait after the wake-up message of a template that is new or was not used for a week",
        "600",
    )
    retention_days: int = _optional(
        "ARAUTO_RETENTION_DAYS",
        kinds.whole_number(1),
        "days that webhook bodies nobody could read are kept",
        "90",
    )
    testers: tuple[str, ...] = _optional(
        "ARAUTO_TESTERS",
        kinds.phones,
        "phone numbers of people who agreed to get test messages, comma separated",
        default="",
        is_private=True,
    )
    rate_card: RateCard | None = _optional(
        "ARAUTO_RATE_CARD",
        kinds.rate_card,
        "CSV file with prices per market (effective_from,market,currency,marketing); not set: the card in US dollars "
        "that comes with Arauto",
    )

    def policy(self) -> Policy:
        """Give the house rules in the domain's words."""
        return Policy(
            approval_channel=self.approval_channel,
            phone_number_ids=self.meta_phone_number_ids,
            public_url=self.public_url,
            cap=self.frequency_cap,
            max_mps=self.max_mps,
            template_wait_seconds=self.template_wait_seconds,
            testers=self.testers,
            retention=self.retention_days * DAY,
            timezone=self.timezone,
        )

    def roster(self, team: str) -> Roster:
        """Give the roles in the workspace whose id is `team`."""
        return Roster(admins=self.admins, approvers=self.approvers, marketers=self.marketers, team=team)

    def prices(self) -> RateCard:
        """Give the rate card in force."""
        return self.rate_card or default_card()


def variables() -> tuple[Variable, ...]:
    """List every setting there is, in the order of the documentation."""
    return tuple(row for _, row in _rows())


def load(environ: Mapping[str, str], dotenv_path: Path | None = DOTENV) -> Settings:
    """Read all settings; the environment wins over the file, which may be missing, and an empty value is none.

    Raises ConfigurationError with one line for every fault: which setting, what was expected, how to mend it.
    """
    written = _merged(environ, dotenv_path)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for attribute, row in _rows():
        try:
            values[attribute] = _value(row, written)
        except ConfigurationError as fault:
            faults.append(str(fault))
    if faults:
        raise ConfigurationError("\n".join(faults))
    return Settings(**values)


def load_database_url(environ: Mapping[str, str], dotenv_path: Path | None = DOTENV) -> Secret:
    """Read DATABASE_URL alone, for commands that need nothing else; raises ConfigurationError."""
    row = next(row for attribute, row in _rows() if attribute == "database_url")
    found: Secret = _value(row, _merged(environ, dotenv_path))
    return found


def misspelt(environ: Mapping[str, str], dotenv_path: Path | None = DOTENV) -> dict[str, str]:
    """Find names that begin like ours and are none: name to the setting it resembles most."""
    known = [row.name for row in variables()]
    ours = [name for name in _merged(environ, dotenv_path) if name.startswith(_PREFIX) and name not in known]
    return {name: difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0] for name in ours}


def _rows() -> Iterator[tuple[str, Variable]]:
    for field in dataclasses.fields(Settings):
        yield field.name, field.metadata[_VARIABLE]


def _merged(environ: Mapping[str, str], dotenv_path: Path | None) -> dict[str, str]:
    return {**(_read_dotenv(dotenv_path) if dotenv_path else {}), **environ}


def _read_dotenv(path: Path) -> dict[str, str]:
    """Read the file as it stands: a dollar sign in a secret is a dollar sign."""
    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"The file {path} cannot be read; save it as UTF-8 text, or remove it.") from problem
    return {name: value or "" for name, value in found.items()}


def _value(row: Variable, written: Mapping[str, str]) -> Any:
    text = written.get(row.name, "").strip() or row.default
    if text is None:
        if row.is_required:
            raise ConfigurationError(f"{row.name} is missing; set it in the environment or in .env: {row.meaning}.")
        return None
    try:
        found = row.read(text)
    except ValueError as problem:
        shown = "" if row.is_private else f" (it is “{text}”)"
        raise ConfigurationError(f"{row.name} {str(problem).removesuffix('.')}{shown}.") from problem
    if row.is_required and not found:
        raise ConfigurationError(f"{row.name} is empty; set it in the environment or in .env: {row.meaning}.")
    return found

"""Which numbered steps a database has, and whether this program fits it: the same numbers on every engine."""

from dataclasses import dataclass

from bot.domain.errors import ConfigurationError

#: Every step this program knows, in order; each engine has its own SQL for each.
STEP_NAMES = (
    "0001_first_schema",
    "0002_audience_cells",
    "0003_open_messages",
    "0004_lean_people",
    "0005_chat_troubles",
    "0006_digest_figures",
    "0007_posts_under_way",
    "0008_sealed_rows",
)


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which steps a database has (`found`) and which this program knows; foreign: it holds tables, but none of ours."""

    found: tuple[str, ...]
    wanted: tuple[str, ...] = STEP_NAMES
    is_foreign: bool = False
    #: A copy into it was begun and not finished.
    is_partial: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing was ever created here."""
        return not self.found and not self.is_foreign

    @property
    def is_newer(self) -> bool:
        """A newer Arauto made it: it has steps that this one does not know."""
        return bool(set(self.found) - set(self.wanted))

    @property
    def is_older(self) -> bool:
        """It lacks steps."""
        return not self.is_newer and self.found != self.wanted

    @property
    def version(self) -> str:
        """Name the last step found."""
        return self.found[-1] if self.found else "none"

    @property
    def wanted_version(self) -> str:
        """Name the last step this program knows."""
        return self.wanted[-1]


def refuse_misfit(name: str, state: SchemaState) -> None:
    """Raise ConfigurationError, naming both versions and what to do, unless a schema is exactly the one needed."""
    refuse_unknown(name, state)
    if state.is_older:
        raise ConfigurationError(
            f"The database {name} has the older schema {state.version}, this Arauto needs {state.wanted_version}: "
            "run `arauto migrate` and start again."
        )


def refuse_unknown(name: str, state: SchemaState) -> None:
    """Raise ConfigurationError for a database that a newer Arauto made, or that somebody else made."""
    if state.is_foreign:
        raise ConfigurationError(f"The database {name} was not made by Arauto; name another one in DATABASE_URL.")
    if state.is_partial:
        raise ConfigurationError(
            f"The database {name} is the target of an unfinished copy: run the same `arauto database copy` again."
        )
    if state.is_newer:
        raise ConfigurationError(
            f"The database {name} has the newer schema {state.version}, this Arauto knows {state.wanted_version}: "
            "install a newer Arauto."
        )

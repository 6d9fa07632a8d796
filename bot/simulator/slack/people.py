"""Who is in the simulated workspace: teams, users, user groups, and the JSON that the Web API shows of them."""

from dataclasses import dataclass, field
from typing import Any

TEAM_ID = "T0ARAUTO"
TEAM_NAME = "Feira Norte"
TEAM_DOMAIN = "feira-norte"
OTHER_TEAM_ID = "T0OTHER"
APP_ID = "A0ARAUTO"
BOT_ID = "B0BOT"
BOT_USER_ID = "U0BOT"


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot; `restricted` is a guest, a user of another team is a stranger."""

    id: str
    name: str
    tz: str = "UTC"
    tz_offset: int = 0
    team_id: str = TEAM_ID
    is_admin: bool = False
    is_restricted: bool = False
    is_bot: bool = False

    @property
    def is_stranger(self) -> bool:
        """Whether this user belongs to another workspace and is seen through Slack Connect."""
        return self.team_id != TEAM_ID

    def as_json(self) -> dict[str, Any]:
        """Render the user as users.info does."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name.lower(),
            "real_name": self.name,
            "deleted": False,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": self.tz_offset,
            "profile": {"real_name": self.name, "display_name": self.name, "team": self.team_id},
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            **({"is_stranger": True} if self.is_stranger else {}),
        }

    def as_actor(self) -> dict[str, str]:
        """Render the user as the `user` of an interaction payload."""
        return {"id": self.id, "username": self.name.lower(), "name": self.name.lower(), "team_id": self.team_id}


@dataclass(slots=True)
class UserGroup:
    """A named group of users; the bot reads it as a role."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Render the group as usergroups.list does."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "date_delete": 0,
            "user_count": len(self.users),
        }


def seed_users() -> dict[str, User]:
    """Make the people every simulation starts with, in different time zones."""
    users = [
        User("U0ANA", "Ana", "America/Sao_Paulo", -10800),
        User("U0BRUNO", "Bruno", "Europe/Lisbon", 0),
        User("U0CARLA", "Carla", "America/New_York", -18000, is_admin=True),
        User("U0EVE", "Eve", "Asia/Kolkata", 19800, team_id=OTHER_TEAM_ID),
        User("U0GUS", "Gus", "Asia/Tokyo", 32400, is_restricted=True),
        User(BOT_USER_ID, "Arauto", is_bot=True),
    ]
    return {user.id: user for user in users}


def seed_groups() -> dict[str, UserGroup]:
    """Make the user groups every simulation starts with."""
    return {"S0MANAGERS": UserGroup("S0MANAGERS", "managers", "Managers", ["U0BRUNO"])}

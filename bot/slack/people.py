"""Who somebody is in Slack: their team, whether they are a guest, and which user groups they belong to."""

from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.instants import MINUTE, Millis
from bot.ports.chat import ChatGoneError
from bot.ports.clock import Clock
from bot.slack.faults import error_name, translated

#: How long an answer is believed: somebody taken out of a group loses their role within this time.
CACHE_FOR: Final = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackUser:
    """A Slack account as `users.info` tells it. `zone` is its IANA time zone."""

    id: str
    team: str
    name: str
    zone: str
    is_bot: bool = False
    is_deleted: bool = False
    #: A multi-channel guest.
    is_restricted: bool = False
    #: A single-channel guest.
    is_ultra_restricted: bool = False
    #: Seen only through a shared channel.
    is_stranger: bool = False

    @property
    def is_full_member(self) -> bool:
        """Tell whether this is a person of the workspace with all its rights: no guest, no bot, no outsider."""
        outside = self.is_restricted or self.is_ultra_restricted or self.is_stranger
        return not (outside or self.is_bot or self.is_deleted)


class SlackPeople:
    """Asks Slack about people and groups; answers are kept for `CACHE_FOR`. Fails closed: no answer raises."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._users: dict[str, tuple[Millis, SlackUser]] = {}
        self._groups: dict[str, tuple[Millis, frozenset[str]]] = {}

    async def user(self, user_id: str) -> SlackUser:
        """Describe an account; raises ChatError, ChatGoneError where Slack does not know it."""
        now = Millis(self._clock.now())
        kept = self._users.get(user_id)
        if kept is None or now - kept[0] >= CACHE_FOR:
            answer = await translated(self._client.users_info(user=user_id))
            kept = self._users[user_id] = (now, _read(answer["user"]))
        return kept[1]

    async def is_member_of_group(self, group_id: str, user_id: str) -> bool:
        """Tell whether an account is in a user group; a group that is not there has no members."""
        now = Millis(self._clock.now())
        kept = self._groups.get(group_id)
        if kept is None or now - kept[0] >= CACHE_FOR:
            kept = self._groups[group_id] = (now, await self._members(group_id))
        return user_id in kept[1]

    async def _members(self, group_id: str) -> frozenset[str]:
        try:
            answer = await translated(self._client.usergroups_users_list(usergroup=group_id))
        except ChatGoneError as gone:
            cause = gone.__cause__
            if isinstance(cause, SlackApiError) and error_name(cause) == "no_such_subteam":
                return frozenset()
            raise
        return frozenset(str(member) for member in answer["users"] or ())


def _read(user: dict[str, Any]) -> SlackUser:
    profile = user.get("profile") or {}
    return SlackUser(
        id=str(user["id"]),
        team=str(user.get("team_id") or profile.get("team") or ""),
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name") or user["id"]),
        zone=str(user.get("tz") or "UTC"),
        is_bot=bool(user.get("is_bot")),
        is_deleted=bool(user.get("deleted")),
        is_restricted=bool(user.get("is_restricted")),
        is_ultra_restricted=bool(user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
    )

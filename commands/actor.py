"""Who is acting: judged anew at every click, from the settings and Slack's word, never from what a message says."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from bot.domain.errors import ArautoError
from bot.domain.roles import Actor, Role, Roster, require
from bot.ports.chat import ChatBusyError, ChatClosedError
from bot.slack.people import SlackPeople, SlackUser

#: Slack wants an answer within three seconds; asking who somebody is may take no more than this.
PATIENCE_SECONDS: Final = 1.2


class TryAgainError(ArautoError):
    """Something outside did not answer in time; the same may work a moment later."""


async def actor_of(body: Mapping[str, Any], roster: Roster, people: SlackPeople) -> Actor:
    """Resolve who sent a payload; raises TryAgainError while Slack does not say, so that nobody passes unknown."""
    user, teams = user_of(body), teams_of(body)
    if teams != {roster.team}:
        return Actor(user=user, team=", ".join(sorted(teams - {roster.team})), is_outsider=True)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            account = await people.user(user)
            groups = [group for group in sorted(roster.groups()) if await people.is_member_of_group(group, user)]
    except (TimeoutError, ChatBusyError, ChatClosedError) as busy:
        raise TryAgainError("Slack does not say who you are just now. Try again in a moment.") from busy
    return _actor(account, roster, frozenset(groups))


def user_of(body: Mapping[str, Any]) -> str:
    """Give the id of whoever sent a payload: a command, an interaction or an event."""
    event_user = (body.get("event") or {}).get("user")
    user: Mapping[str, Any] = body.get("user") or {}
    return str(body.get("user_id") or user.get("id") or event_user or "")


def teams_of(body: Mapping[str, Any]) -> set[str]:
    """List every team a payload names; somebody from a shared channel brings another one than ours.

    `team` is null where an organisation installed the app; then the user's own team decides.
    """
    team: Mapping[str, Any] = body.get("team") or {}
    user: Mapping[str, Any] = body.get("user") or {}
    return {str(found) for found in (body.get("team_id"), team.get("id"), user.get("team_id")) if found}


def require_any(actor: Actor) -> None:
    """Raise NotAllowedError unless the person is one of us and has any role: enough to read."""
    require(actor, next(iter(actor.roles), Role.MARKETER))


def _actor(account: SlackUser, roster: Roster, groups: frozenset[str]) -> Actor:
    if account.team != roster.team or account.is_stranger or account.is_bot or account.is_deleted:
        return Actor(user=account.id, team=account.team, is_outsider=True)
    return Actor(
        user=account.id,
        team=account.team,
        roles=roster.roles_of(account.id, groups, is_full_member=account.is_full_member),
        is_guest=account.is_restricted or account.is_ultra_restricted,
        timezone=account.zone,
        name=account.name,
    )

"""Who may do what. Judged when somebody clicks, from the settings and the chat's word on who they are."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.errors import NotAllowedError


class Role(StrEnum):
    """What a person is to the bot."""

    ADMIN = "admin"
    APPROVER = "approver"
    MARKETER = "marketer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who acts, as the chat vouches for them at this moment."""

    user: str
    team: str
    roles: frozenset[Role] = frozenset()
    #: Of another workspace (Slack Connect).
    is_outsider: bool = False
    is_guest: bool = False
    timezone: str = "UTC"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Ids of users (U.., W..) and user groups (S..) per role; no marketers listed means every full member."""

    admins: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    marketers: tuple[str, ...] = ()
    team: str = field(default="")

    def groups(self) -> frozenset[str]:
        """List the user groups whose members must be asked for."""
        return frozenset(entry for entry in (*self.admins, *self.approvers, *self.marketers) if entry.startswith("S"))

    def roles_of(self, user: str, member_of: frozenset[str], *, is_full_member: bool) -> frozenset[Role]:
        """Give the roles of one of our own people."""
        mine = {user, *member_of}
        found = set()
        if mine & set(self.admins):
            found.add(Role.ADMIN)
        if mine & set(self.approvers):
            found.add(Role.APPROVER)
        if mine & set(self.marketers) or (not self.marketers and is_full_member):
            found.add(Role.MARKETER)
        if Role.ADMIN in found:
            found.add(Role.MARKETER)
        return frozenset(found)


_MISSING = {
    Role.ADMIN: "Only admins may do this. Ask somebody listed in ARAUTO_ADMINS.",
    Role.APPROVER: "Only approvers may decide on campaigns and lift stops. Ask somebody listed in ARAUTO_APPROVERS.",
    Role.MARKETER: "Only marketers may do this. Ask an admin to add you to ARAUTO_MARKETERS.",
}


def require(actor: Actor, role: Role) -> None:
    """Raise NotAllowedError unless the person is one of us and has the role."""
    if actor.is_outsider:
        raise NotAllowedError("You belong to another workspace, so Arauto takes no orders from you here.")
    if role not in actor.roles:
        raise NotAllowedError(_MISSING[role])

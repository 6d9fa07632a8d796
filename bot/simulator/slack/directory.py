"""The read-only methods about people and places: users.*, conversations.*, usergroups.*, auth.test."""

from dataclasses import dataclass

from bot.simulator.slack.arguments import Args, is_true, required
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.people import APP_ID, BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from bot.simulator.slack.state import Channel, Json, Workspace

READ_SCOPES = {"public": "channels:read", "private": "groups:read", "im": "im:read"}
KIND_NAMES = {"public": "public_channel", "private": "private_channel", "im": "im"}
_NO_MORE = {"response_metadata": {"next_cursor": ""}}


@dataclass(slots=True)
class Directory:
    """Answers questions about the people and channels of one workspace."""

    workspace: Workspace
    scopes: set[str]

    def auth_test(self, _args: Args) -> Json:
        """auth.test: who the token belongs to."""
        return {
            "url": f"https://{TEAM_DOMAIN}.slack.com/",
            "team": TEAM_NAME,
            "user": "arauto",
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "is_enterprise_install": False,
        }

    def user_info(self, args: Args) -> Json:
        """users.info; a user of another workspace carries `is_stranger`."""
        user = self.workspace.users.get(required(args, "user"))
        if user is None:
            raise SlackError("user_not_found")
        return {"user": user.as_json()}

    def user_list(self, _args: Args) -> Json:
        """users.list, in one page."""
        return {"members": [user.as_json() for user in self.workspace.users.values()], **_NO_MORE}

    def channel_info(self, args: Args) -> Json:
        """conversations.info; a private channel exists for its members only."""
        return {"channel": self._visible(args).as_json()}

    def channel_list(self, args: Args) -> Json:
        """conversations.list, in one page; public channels unless `types` says otherwise."""
        kinds = str(args.get("types") or "public_channel").split(",")
        for kind, name in KIND_NAMES.items():
            if name in kinds:
                self._demand(READ_SCOPES[kind])
        listed = [
            channel.as_json()
            for channel in self.workspace.channels.values()
            if KIND_NAMES[channel.kind] in kinds
            and (channel.kind == "public" or channel.has_bot)
            and not (is_true(args.get("exclude_archived")) and channel.is_archived)
        ]
        return {"channels": listed, **_NO_MORE}

    def channel_members(self, args: Args) -> Json:
        """conversations.members, in one page."""
        return {"members": sorted(self._visible(args).members), **_NO_MORE}

    def open_direct_message(self, args: Args) -> Json:
        """conversations.open with one user."""
        user = required(args, "users")
        if user not in self.workspace.users:
            raise SlackError("user_not_found")
        existed = f"D{user[1:]}" in self.workspace.channels
        channel = self.workspace.direct_message(user)
        return {"channel": {"id": channel.id}, **({"already_open": True, "no_op": True} if existed else {})}

    def group_list(self, _args: Args) -> Json:
        """usergroups.list."""
        return {"usergroups": [group.as_json() for group in self.workspace.groups.values()]}

    def group_users(self, args: Args) -> Json:
        """usergroups.users.list."""
        group = self.workspace.groups.get(required(args, "usergroup"))
        if group is None:
            raise SlackError("no_such_subteam")
        return {"users": group.users}

    def _visible(self, args: Args) -> Channel:
        channel = self.workspace.channels.get(required(args, "channel"))
        if channel is None or (channel.kind != "public" and not channel.has_bot):
            raise SlackError("channel_not_found")
        self._demand(READ_SCOPES[channel.kind])
        return channel

    def _demand(self, scope: str) -> None:
        if scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

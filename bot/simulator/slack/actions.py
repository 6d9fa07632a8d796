"""What a person does outside of forms: commands, clicks, shortcuts, the App Home."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bot.simulator.slack import payloads
from bot.simulator.slack.blocks import Block, parts, walk
from bot.simulator.slack.errors import PersonRefusedError, SlackError
from bot.simulator.slack.events import Events
from bot.simulator.slack.inputs import KINDS, Keyboard, state_values
from bot.simulator.slack.messages import Messages
from bot.simulator.slack.outcomes import Courier, Outcome
from bot.simulator.slack.people import BOT_USER_ID, User
from bot.simulator.slack.response_urls import ResponseUrls
from bot.simulator.slack.state import Channel, Content, Json, Message, View, Workspace
from bot.simulator.slack.views import Views, view_json


@dataclass(slots=True)
class Actions:
    """The hands of the people. Every verb raises PersonRefusedError where the client would not let them.

    `commands` are the app's slash commands, None for any.
    """

    workspace: Workspace
    messages: Messages
    views: Views
    response_urls: ResponseUrls
    keyboard: Keyboard
    courier: Courier
    events: Events
    commands: Collection[str] | None

    async def command(
        self, user: str, channel: str, line: str, *, in_thread: bool = False, force: bool = False
    ) -> Outcome:
        """Type a slash command such as `/campaign list`; `force` sends what the client would not."""
        name, _, text = line.strip().partition(" ")
        person, place = self.person(user), self._channel(channel)
        if not force:
            self._may_type(person, place, name, in_thread=in_thread)
        payload = payloads.command(
            person,
            place,
            name,
            text.strip(),
            trigger_id=self.views.new_trigger(user, channel),
            response_url=self.response_urls.issue(channel, user),
        )
        outcome = await self.courier.send("slash_commands", payload, kind="slash_command", user=user)
        self._show_answer(outcome, channel)
        return outcome

    async def click(
        self,
        user: str,
        where: Message | View,
        action_id: str,
        *,
        choice: Any = None,
        block_id: str | None = None,
        stale_message: Content | None = None,
    ) -> Outcome:
        """Press a button, or choose in a select, on a message, a modal or a home.

        `choice` is what to choose; `stale_message` replays the click as it would come from an older version of
        the message, e.g. `message.versions[0]`.
        """
        person = self.person(user)
        if isinstance(where, View):
            return await self._click_view(person, where, action_id, choice, block_id)
        content = stale_message or where.versions[-1]
        found = find_element(content.blocks, action_id, block_id)
        return await self._click_message(person, where, content, found, choice)

    async def shortcut(self, user: str, callback_id: str) -> Outcome:
        """Start a global shortcut."""
        payload = payloads.interaction(
            "shortcut",
            self.person(user),
            callback_id=callback_id,
            action_ts=self.workspace.new_ts(),
            trigger_id=self.views.new_trigger(user),
        )
        return await self.courier.send("interactive", payload, kind="shortcut", user=user)

    async def message_shortcut(self, user: str, callback_id: str, message: Message) -> Outcome:
        """Start a shortcut from the menu of a message."""
        person, channel = self.person(user), self._channel(message.channel)
        self.may_see(person, channel, message)
        place = payloads.message_place(message, channel)
        files = self.keyboard.files.shared(message)
        payload = payloads.interaction(
            "message_action",
            person,
            callback_id=callback_id,
            action_ts=self.workspace.new_ts(),
            message_ts=message.ts,
            channel=place["channel"],
            message={**message.as_json(), **({"files": files} if files else {})},
            response_url=self.response_urls.issue(channel.id, user, message),
            trigger_id=self.views.new_trigger(user, channel.id),
        )
        return await self.courier.send("interactive", payload, kind="message_action", user=user)

    async def open_home(self, user: str, tab: str = "home") -> Outcome:
        """Open the App Home: the app gets `app_home_opened`, with the view it published before, if any."""
        person = self.person(user)
        channel, home = self.workspace.direct_message(person.id), self.workspace.homes.get(user)
        shown = {"view": self._rendered(home)} if home and tab == "home" else {}
        opened = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab, **shown}
        return await self.events.send({**opened, "event_ts": self.workspace.new_ts()}, user=user)

    async def say(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, file_ids: Collection[str] = ()
    ) -> Message:
        """Write a plain message, with uploaded files perhaps; the app is told nothing, it has no history scopes."""
        person, place = self.person(user), self._channel(channel)
        self.may_see(person, place)
        return self.messages.add(place.id, user, Content(text, file_ids=tuple(file_ids)), thread_ts)

    async def _click_message(
        self, person: User, message: Message, content: Content, found: tuple[Block, Block], choice: Any
    ) -> Outcome:
        channel, (block, element) = self._channel(message.channel), found
        self.may_see(person, channel, message)
        value = self._value(element, choice, message.offered.get((block["block_id"], element["action_id"]), []))
        return await self._send_action(
            person,
            payloads.action(block["block_id"], element, value, self.workspace.new_ts()),
            **payloads.message_place(message, channel, content),
            state={"values": state_values(content.blocks, {})},
            response_url=self.response_urls.issue(channel.id, person.id, message),
            trigger_id=self.views.new_trigger(person.id, channel.id),
        )

    async def _click_view(self, person: User, view: View, action_id: str, choice: Any, block_id: str | None) -> Outcome:
        self.may_touch(person.id, view)
        block, element = find_element(view.blocks, action_id, block_id)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise PersonRefusedError(f"the input {action_id} only fills the form, it has no dispatch_action")
        offered = view.offered.get((block["block_id"], action_id), [])
        value = self._value(element, choice, offered)
        if value is not None:
            view.typed.setdefault(block["block_id"], {})[action_id] = value
        return await self._send_action(
            person,
            payloads.action(block["block_id"], element, value, self.workspace.new_ts()),
            **payloads.view_place(view, self._rendered(view)),
            trigger_id=self.views.new_trigger(person.id, view.origin),
        )

    def may_touch(self, user: str, view: View) -> None:
        """Refuse to touch a view that this person does not have in front of them."""
        modals = self.workspace.modals.get(user, [])
        if view not in (*modals[-1:], self.workspace.homes.get(user)):
            raise PersonRefusedError(f"the view {view.id} is not in front of {user}")

    async def _send_action(self, person: User, entry: Json, **fields: Any) -> Outcome:
        payload = payloads.interaction("block_actions", person, actions=[entry], **fields)
        return await self.courier.send("interactive", payload, kind="block_actions", user=person.id)

    def _rendered(self, view: View) -> Json:
        return view_json(view, state_values(view.blocks, view.typed, view.origin))

    def _value(self, element: Block, choice: Any, offered: list[Json]) -> Json | None:
        if element["type"] not in KINDS:
            if choice is not None:
                raise PersonRefusedError(f"{element['action_id']} is a {element['type']}, there is nothing to choose")
            return None
        return self.keyboard.enter(element, choice, offered)

    def _show_answer(self, outcome: Outcome, channel: str) -> None:
        """Show what a command was answered at once: text or a message in the HTTP body or the acknowledgement."""
        if outcome.error or not outcome.body:
            return
        body = outcome.body if isinstance(outcome.body, dict) else {"text": str(outcome.body)}
        try:
            content = self.messages.sound_content(body)
        except SlackError as refused:
            outcome.fail("invalid_command_response", "; ".join([refused.name, *refused.messages]))
            return
        if body.get("response_type") == "in_channel":
            self.messages.add(channel, BOT_USER_ID, content)
        else:
            self.messages.whisper(channel, outcome.user, content)

    def person(self, user: str) -> User:
        """Find a person by id; the bot is none."""
        person = self.workspace.users.get(user)
        if person is None or person.is_bot:
            raise PersonRefusedError(f"there is no person {user!r} in this workspace")
        return person

    def _channel(self, channel: str) -> Channel:
        if channel not in self.workspace.channels:
            raise PersonRefusedError(f"there is no channel {channel!r} in this workspace")
        return self.workspace.channels[channel]

    def may_see(self, person: User, channel: Channel, message: Message | None = None) -> None:
        """Refuse what this person has no access to: a channel, a deleted message, somebody else's ephemeral."""
        is_open = channel.kind == "public" and not person.is_stranger and not person.is_restricted
        if person.id not in channel.members and not is_open:
            raise PersonRefusedError(f"{person.name} cannot see {channel.name}")
        if message and message.is_deleted:
            raise PersonRefusedError("this message was deleted")
        if message and message.recipient not in {None, person.id}:
            raise PersonRefusedError(f"{person.name} cannot see this ephemeral message")

    def _may_type(self, person: User, channel: Channel, name: str, *, in_thread: bool) -> None:
        self.may_see(person, channel)
        if not name.startswith("/"):
            raise PersonRefusedError(f"{name!r} is not a slash command, those begin with /")
        if self.commands is not None and name not in self.commands:
            raise PersonRefusedError(f"{name} is not a valid command of this app")
        if in_thread:
            raise PersonRefusedError(f"{name} is not supported in threads")
        if person.is_stranger:
            raise PersonRefusedError("people of another workspace are not offered this app's commands")
        if channel.is_archived:
            raise PersonRefusedError(f"{channel.name} is archived")


def find_element(blocks: list[Block], action_id: str, block_id: str | None = None) -> tuple[Block, Block]:
    """Find what a person wants to touch. Raises PersonRefusedError when it is not there, or not the only one."""
    found = [
        (block, part)
        for block in walk(blocks)
        for part in parts(block)
        if part["action_id"] == action_id and block_id in {None, block["block_id"]}
    ]
    if not found:
        raise PersonRefusedError(f"there is no {action_id!r} to touch here")
    if len(found) > 1:
        raise PersonRefusedError(f"there are {len(found)} elements {action_id!r} here, say which block_id")
    return found[0]

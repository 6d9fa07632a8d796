"""The views.* methods: modals as a stack per user with hashes and single-use triggers, and the App Home."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.slack.arguments import Args, required, required_object
from bot.simulator.slack.blocks import complete, inspect, parts, walk
from bot.simulator.slack.composition import plain
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.people import APP_ID, BOT_ID, TEAM_ID
from bot.simulator.slack.schema import Check, Report, anything, boolean, one_of, shape, string
from bot.simulator.slack.state import Json, View, Workspace

TRIGGER_SECONDS = 3.0
DEEPEST_STACK = 3
LARGEST_VIEW = 250_000  # bytes of JSON


@dataclass(slots=True)
class Trigger:
    """The right to open one modal for one user, for three seconds."""

    user: str
    issued_at: float
    channel: str | None = None  # where the person was, for default_to_current_conversation
    is_used: bool = False


def _submit_with_inputs(view: Any, pointer: str, report: Report) -> None:
    has_input = any(block.get("type") == "input" for block in view["blocks"] if isinstance(block, dict))
    if has_input and "submit" not in view:
        report.add(f"{pointer}/submit", "missing required field: submit, as there is an input block")


_ANY_VIEW: dict[str, Check] = {"private_metadata": string(3000, 0), "callback_id": string(255, 0)}
_EXTERNAL = {"external_id": string(255, 0)}
MODAL = shape(
    {"type": one_of("modal"), "title": plain(24), "blocks": anything},
    {
        **_ANY_VIEW,
        **_EXTERNAL,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
    _submit_with_inputs,
)
HOME = shape({"type": one_of("home"), "blocks": anything}, {**_ANY_VIEW, **_EXTERNAL})


def check_view(view: Any, kind: str) -> None:
    """Raise what views.* answer for this view. Raises SlackError `invalid_arguments` or `view_too_large`."""
    if not isinstance(view, dict) or not isinstance(view.get("blocks"), list):
        raise SlackError("invalid_arguments", messages=["missing required field: blocks [json-pointer:/view]"])
    report = Report(kind)
    (MODAL if kind == "modal" else HOME)(view, "/view", report)
    if problems := [*report.problems, *inspect(view["blocks"], kind, "/view/blocks")]:
        raise SlackError("invalid_arguments", messages=problems)
    if len(json.dumps(view).encode()) > LARGEST_VIEW:
        raise SlackError("view_too_large")


@dataclass(slots=True)
class Views:
    """The open modals and homes of one workspace."""

    workspace: Workspace
    triggers: dict[str, Trigger] = field(default_factory=dict)

    def new_trigger(self, user: str, channel: str | None = None) -> str:
        """Issue a trigger id for an interaction of this user, in this channel if it was in one."""
        trigger_id = f"{self.workspace.new_id('')}.{TEAM_ID}.{user}"
        self.triggers[trigger_id] = Trigger(user, self.workspace.clock(), channel)
        return trigger_id

    def open(self, args: Args) -> Json:
        """views.open: the first modal of a stack."""
        body = self._sound(args, "modal")
        trigger = self._redeem(args)
        view = self._make(body, trigger.user)
        view.origin = trigger.channel
        self.workspace.modals[trigger.user] = [view]
        return self._shown(view)

    def push(self, args: Args) -> Json:
        """views.push: another modal on top, three at most."""
        body = self._sound(args, "modal")
        return self._shown(self.push_for(self._redeem(args).user, body))

    def update(self, args: Args) -> Json:
        """views.update: by view_id or external_id, refused with `hash_conflict` when the given hash is old."""
        view = self._addressed(args)
        body = self._sound(args, str(view.body["type"]), view)
        if args.get("hash") and args["hash"] != view.hash:
            raise SlackError("hash_conflict")
        self.replace(view, body)
        return {"view": view_json(view)}

    def publish(self, args: Args) -> Json:
        """views.publish: replaces a user's App Home."""
        user = required(args, "user_id")
        if user not in self.workspace.users:
            raise SlackError("user_not_found")
        home = self.workspace.homes.get(user)
        body = self._sound(args, "home", home)
        if home is None:
            self.workspace.homes[user] = self._make(body, user)
            return self._shown(self.workspace.homes[user])
        if args.get("hash") and args["hash"] != home.hash:
            raise SlackError("hash_conflict")
        self.replace(home, body)
        return {"view": view_json(home)}

    def push_for(self, user: str, body: Json) -> View:
        """Lay a checked view on top of a user's stack. Raises SlackError `push_limit_reached` or `not_found`."""
        stack = self.workspace.modals.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= DEEPEST_STACK:
            raise SlackError("push_limit_reached")
        view = self._make(body, user)
        view.root_id, view.previous_id, view.origin = stack[0].id, stack[-1].id, stack[0].origin
        stack.append(view)
        return view

    def replace(self, view: View, body: Json) -> None:
        """Give a view a new body and hash; typed values stay where block_id, action_id and type stay."""
        view.body = {**body, "blocks": complete(body["blocks"], self.workspace.new_id)}
        view.hash = self._new_hash()
        kinds = {
            (block["block_id"], part["action_id"]): part["type"] for block in walk(view.blocks) for part in parts(block)
        }
        view.typed = {
            block_id: {
                action_id: value
                for action_id, value in values.items()
                if kinds.get((block_id, action_id)) == value["type"]
            }
            for block_id, values in view.typed.items()
        }
        self.workspace.feed.publish("view_changed", view=view.id, user=view.user)

    def close(self, user: str, count: int) -> None:
        """Take `count` modals off the top of a user's stack."""
        stack = self.workspace.modals.get(user, [])
        del stack[len(stack) - count :]
        self.workspace.feed.publish("view_closed", user=user, left=len(stack))

    def check_external_id(self, body: Json, replacing: View | None = None) -> None:
        """Raise SlackError `duplicate_external_id` when another view of the team has this external_id."""
        wanted = body.get("external_id")
        others = (view for view in self.workspace.views() if view is not replacing)
        if wanted and any(view.body.get("external_id") == wanted for view in others):
            raise SlackError("duplicate_external_id")

    def _sound(self, args: Args, kind: str, replacing: View | None = None) -> Json:
        body = required_object(args, "view")
        check_view(body, kind)
        self.check_external_id(body, replacing)
        return body

    def _redeem(self, args: Args) -> Trigger:
        trigger = self.triggers.get(str(args.get("trigger_id") or args.get("interactivity_pointer")))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self.workspace.clock() - trigger.issued_at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.is_used = True
        return trigger

    def _addressed(self, args: Args) -> View:
        view_id, external_id = args.get("view_id"), args.get("external_id")
        if view_id and external_id:
            raise SlackError("invalid_arguments", messages=["Cannot provide both `view_id` and `external_id`"])
        if not view_id and not external_id:
            raise SlackError("invalid_arguments", messages=["missing required field: view_id"])
        for view in self.workspace.views():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def _make(self, body: Json, user: str) -> View:
        view_id = self.workspace.new_id("V")
        filled = {**body, "blocks": complete(body["blocks"], self.workspace.new_id)}
        return View(view_id, user, filled, self._new_hash(), view_id)

    def _new_hash(self) -> str:
        return f"{self.workspace.clock():.0f}.{self.workspace.new_id('h')}"

    def _shown(self, view: View) -> Json:
        self.workspace.feed.publish("view_opened", view=view.id, user=view.user)
        return {"view": view_json(view)}


def view_json(view: View, values: Json | None = None) -> Json:
    """Render a view as views.* answer and as interaction payloads carry it."""
    body = view.body
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": body["type"],
        "blocks": view.blocks,
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "external_id": body.get("external_id", ""),
        "state": {"values": values or {}},
        "hash": view.hash,
        "title": body.get("title"),
        "submit": body.get("submit"),
        "close": body.get("close"),
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }

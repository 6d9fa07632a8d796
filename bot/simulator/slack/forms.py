"""What a person does in a modal: fills it, asks a select for options, submits it, closes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.slack import payloads
from bot.simulator.slack.actions import Actions, find_element
from bot.simulator.slack.blocks import Block, parts, walk
from bot.simulator.slack.composition import OPTIONS_ANSWER, offered_options
from bot.simulator.slack.errors import PersonRefusedError, SlackError
from bot.simulator.slack.inputs import complaint, initial_value, state_values
from bot.simulator.slack.outcomes import Outcome
from bot.simulator.slack.schema import Report
from bot.simulator.slack.state import Json, Message, View
from bot.simulator.slack.views import check_view, view_json


@dataclass(slots=True)
class Forms:
    """The person in front of a modal. Verbs raise PersonRefusedError where the client would not let them."""

    actions: Actions

    async def fill(self, user: str, values: Mapping[str, Any]) -> list[Outcome]:
        """Enter values by block_id; None empties an input.

        What dispatches (`dispatch_action`, or a select outside an input block) is sent to the app at once;
        the outcomes of those are returned. An external select is asked for its options first.
        """
        view, sent = self._top(user), []
        for block_id, wanted in values.items():
            block, element = _holder(view.blocks, block_id)
            offered = await self._fetched(user, view, block, element, wanted)
            if block["type"] != "input" or block.get("dispatch_action"):
                sent.append(
                    await self.actions.click(user, view, element["action_id"], choice=wanted, block_id=block_id)
                )
            else:
                value = self.actions.keyboard.enter(element, wanted, offered)
                view.typed.setdefault(block_id, {})[element["action_id"]] = value
        self.actions.workspace.feed.publish("view_filled", view=view.id, user=user)
        return sent

    async def options(
        self, user: str, where: View | Message, action_id: str, query: str = "", block_id: str | None = None
    ) -> Outcome:
        """Type into an external select and see what the app offers."""
        person = self.actions.person(user)
        if isinstance(where, View):
            self.actions.may_touch(user, where)
        else:
            self.actions.may_see(person, self.actions.workspace.channels[where.channel], where)
        block, element = find_element(where.blocks, action_id, block_id)
        if len(query) < element.get("min_query_length", 3):
            raise PersonRefusedError(f"{action_id} asks for options after {element.get('min_query_length', 3)} letters")
        fields = {"block_id": block["block_id"], "action_id": action_id, "value": query, **self._place(where)}
        payload = payloads.interaction("block_suggestion", person, **fields)
        outcome = await self.actions.courier.send("interactive", payload, kind="block_suggestion", user=user)
        outcome.options = _offered(outcome)
        where.offered[block["block_id"], action_id] = outcome.options
        return outcome

    async def submit(self, user: str, values: Mapping[str, Any] | None = None, *, force: bool = False) -> Outcome:
        """Fill in the last values and press the submit button; `force` skips the client's own checks."""
        await self.fill(user, values or {})
        view = self._top(user)
        if "submit" not in view.body and not force:
            raise PersonRefusedError("this modal has no submit button")
        state = state_values(view.blocks, view.typed, view.origin)
        errors = {} if force else _complaints(view, state)
        if errors:
            return Outcome("view_submission", user, {}, errors=errors, was_sent=False)
        return await self._send_submission(user, view, state)

    async def close(self, user: str, *, all_views: bool = False) -> list[Outcome]:
        """Press cancel, or the cross for the whole stack; views with `notify_on_close` tell the app."""
        stack = list(self.actions.workspace.modals.get(user, []))
        if not stack:
            raise PersonRefusedError(f"{user} has no modal open")
        is_cleared = all_views or bool(stack[-1].body.get("clear_on_close"))
        closing = stack if is_cleared else stack[-1:]
        self.actions.views.close(user, len(closing))
        return [
            await self._send_closed(view, is_cleared=is_cleared)
            for view in reversed(closing)
            if view.body.get("notify_on_close")
        ]

    def _top(self, user: str) -> View:
        stack = self.actions.workspace.modals.get(user)
        if not stack:
            raise PersonRefusedError(f"{user} has no modal open")
        return stack[-1]

    async def _fetched(self, user: str, view: View, block: Block, element: Block, wanted: Any) -> list[Json]:
        """Return the options an external select offers, asking the app once unless the person already typed a query."""
        key = (block["block_id"], element["action_id"])
        if not element["type"].endswith("external_select") or wanted is None:
            return []
        if key not in view.offered:
            query = "" if element.get("min_query_length", 3) == 0 else str(wanted)
            await self.options(user, view, key[1], query, key[0])
        return view.offered[key]

    def _place(self, where: View | Message) -> Json:
        if isinstance(where, View):
            state = state_values(where.blocks, where.typed, where.origin)
            return payloads.view_place(where, view_json(where, state))
        return payloads.message_place(where, self.actions.workspace.channels[where.channel])

    async def _send_submission(self, user: str, view: View, state: Json) -> Outcome:
        payload = payloads.interaction(
            "view_submission",
            self.actions.workspace.users[user],
            trigger_id=self.actions.views.new_trigger(user, view.origin),
            view=view_json(view, state),
            response_urls=self._response_urls(user, view, state),
        )
        outcome = await self.actions.courier.send("interactive", payload, kind="view_submission", user=user)
        if not outcome.error:
            self._follow(outcome, view)
        return outcome

    async def _send_closed(self, view: View, *, is_cleared: bool) -> Outcome:
        state = state_values(view.blocks, view.typed, view.origin)
        payload = payloads.interaction(
            "view_closed",
            self.actions.workspace.users[view.user],
            view=view_json(view, state),
            is_cleared=is_cleared,
        )
        return await self.actions.courier.send("interactive", payload, kind="view_closed", user=view.user)

    def _response_urls(self, user: str, view: View, state: Json) -> list[Json]:
        urls = []
        for block in walk(view.blocks):
            for element in (part for part in parts(block) if part.get("response_url_enabled")):
                value = state[block["block_id"]][element["action_id"]]
                channel = value.get("selected_conversation") or value.get("selected_channel")
                if channel:
                    place = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel}
                    urls.append({**place, "response_url": self.actions.response_urls.issue(channel, user)})
        return urls

    def _follow(self, outcome: Outcome, view: View) -> None:
        """Do what the app answered to a submission; a wrong answer shows the person a failure and keeps the modal."""
        try:
            self._obey(outcome, view)
        except SlackError as refused:
            outcome.fail("invalid_response", "; ".join([refused.name, *refused.messages]))

    def _obey(self, outcome: Outcome, view: View) -> None:
        body, views = outcome.body or {}, self.actions.views
        action = body.get("response_action") if isinstance(body, dict) else "no object"
        stack = self.actions.workspace.modals.get(view.user, [])
        if not body:
            views.close(view.user, 1 if view in stack else 0)
        elif action == "clear":
            views.close(view.user, len(stack))
        elif action == "errors":
            outcome.errors = _sound_errors(body.get("errors"), view)
        elif action in {"update", "push"}:
            self._show_next(action, body.get("view"), view)
        else:
            raise SlackError("unknown response_action", messages=[str(action)])

    def _show_next(self, action: str, body: Any, view: View) -> None:
        views = self.actions.views
        check_view(body, "modal")
        views.check_external_id(body, view if action == "update" else None)
        if action == "update":
            views.replace(view, body)
        else:
            views.push_for(view.user, body)


def _holder(blocks: list[Block], block_id: str) -> tuple[Block, Block]:
    for block in walk(blocks):
        if block["block_id"] == block_id and len(parts(block)) == 1:
            return block, parts(block)[0]
    known = ", ".join(block["block_id"] for block in walk(blocks) if parts(block))
    raise PersonRefusedError(f"the form has no single input {block_id!r}, it has {known}")


def _complaints(view: View, state: Json) -> dict[str, str]:
    errors = {}
    for block in (block for block in walk(view.blocks) if block["type"] == "input"):
        value = state[block["block_id"]].get(block["element"]["action_id"]) or initial_value(block["element"])
        if said := complaint(block, value):
            errors[block["block_id"]] = said
    return errors


def _sound_errors(errors: Any, view: View) -> dict[str, str]:
    inputs = {block["block_id"] for block in walk(view.blocks) if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise SlackError("errors must be an object of block_id to text")
    if strange := sorted(set(errors) - inputs):
        raise SlackError("errors name blocks that are no inputs of this view", messages=strange)
    if any(not isinstance(text, str) or not text for text in errors.values()):
        raise SlackError("every error must be a text")
    return errors


def _offered(outcome: Outcome) -> list[Json]:
    if outcome.error:
        return []
    report = Report()
    OPTIONS_ANSWER(outcome.body, "", report)
    if report.problems:
        outcome.fail("invalid_options", "; ".join(report.problems))
        return []
    return offered_options(outcome.body)

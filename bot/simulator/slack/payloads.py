"""Builds what Slack sends to an app: slash commands, interactions, options requests and events.

Source of the shapes: Slack, "Interaction payloads" and "Events API", read 2026-11-22.
"""

from typing import Any

from bot.simulator.slack.inputs import KINDS
from bot.simulator.slack.people import APP_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, User
from bot.simulator.slack.state import Channel, Content, Json, Message, View

VERIFICATION_TOKEN = "simulated-verification-token"  # noqa: S105  deprecated by Slack, sent all the same


def command(user: User, channel: Channel, name: str, text: str, *, trigger_id: str, response_url: str) -> Json:
    """Build the form fields of a slash command."""
    channel_names = {"im": "directmessage", "private": "privategroup"}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel_names.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def interaction(kind: str, user: User, **fields: Any) -> Json:
    """Build what every interactive payload shares, plus its own fields."""
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": user.as_actor(),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
        **fields,
    }


def message_place(message: Message, channel: Channel, content: Content | None = None) -> Json:
    """Build `container`, `channel` and `message` of an interaction with a message; an ephemeral is not shown."""
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.recipient is not None,
        **thread,
    }
    place: Json = {"container": container, "channel": {"id": channel.id, "name": channel.name}}
    return place if message.recipient else {**place, "message": message.as_json(content)}


def view_place(view: View, rendered: Json) -> Json:
    """Build `container` and `view` of an interaction with a modal or a home."""
    return {"container": {"type": "view", "view_id": view.id}, "view": rendered}


def action(block_id: str, element: Json, value: Json | None, ts: str) -> Json:
    """Build one entry of `actions`: a button carries its text and value, anything else what was chosen."""
    entry = {"type": element["type"], "block_id": block_id, "action_id": element["action_id"], "action_ts": ts}
    if element["type"] in KINDS:
        shown = ("placeholder", "confirm", *(key for key in element if key.startswith("initial_")))
        return {**entry, **{key: element[key] for key in shown if key in element}, **(value or {})}
    return {**entry, **{key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}}


def event(event_id: str, event_time: float, content: Json) -> Json:
    """Build an Events API callback around one event."""
    authorization = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER_ID, "is_bot": True}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": content,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(event_time),
        "authorizations": [{**authorization, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }

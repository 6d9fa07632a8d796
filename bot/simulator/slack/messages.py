"""The chat.* methods and the effects of a response_url: what is posted, changed, hidden and removed."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.simulator.slack.arguments import Args, decoded, is_true, optional_list, required
from bot.simulator.slack.blocks import check_message_blocks, complete, walk
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.people import BOT_USER_ID
from bot.simulator.slack.state import Channel, Content, Json, Message, Workspace

LONGEST_TEXT = 40_000  # chat.postMessage cuts what is longer
LONGEST_UPDATE = 4_000  # chat.update refuses what is longer
LARGEST_METADATA = 8_000  # characters; undocumented, a cautious guess


@dataclass(slots=True)
class Messages:
    """The messages of one workspace, as the app may write them."""

    workspace: Workspace
    scopes: set[str]

    def post(self, args: Args) -> Json:
        """chat.postMessage: to a channel id, a #name, or a user id (a direct message)."""
        channel = self.writable(required(args, "channel"))
        content = self._content(args)
        message = self.add(channel.id, BOT_USER_ID, content, self._thread(channel, args))
        message.reply_broadcast = is_true(args.get("reply_broadcast"))
        return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}

    def update(self, args: Args) -> Json:
        """chat.update: own messages only; blocks are removed when only text comes, metadata is kept unless given."""
        channel = self._known(required(args, "channel"), by_id_only=True)
        if len(_text(args)) > LONGEST_UPDATE:
            raise SlackError("msg_too_long")
        message = self._own(channel, args, "cant_update_message")
        if channel.is_archived:
            raise SlackError("is_inactive")
        content = self._content(args)
        kept = content.metadata if "metadata" in args else message.metadata
        self.change(message, Content(content.text, content.blocks, kept or None, message.versions[-1].file_ids))
        message.is_edited = message.is_edited or not content.blocks
        return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.as_json()}

    def post_ephemeral(self, args: Args) -> Json:
        """chat.postEphemeral: seen by one member of the channel, never updated by chat.update."""
        channel = self.writable(required(args, "channel"))
        user = required(args, "user")
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        content = self._content(args)
        message = self.whisper(channel.id, user, content, self._thread(channel, args))
        return {"message_ts": message.ts}

    def delete(self, args: Args) -> Json:
        """chat.delete: own messages only."""
        channel = self._known(required(args, "channel"))
        message = self._own(channel, args, "cant_delete_message")
        self.remove(message)
        return {"channel": channel.id, "ts": message.ts}

    def permalink(self, args: Args) -> Json:
        """chat.getPermalink."""
        channel = self._known(required(args, "channel"))
        ts = required(args, "message_ts")
        if self.workspace.message(channel.id, ts) is None:
            raise SlackError("message_not_found")
        link = f"https://feira-norte.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
        return {"channel": channel.id, "permalink": link}

    def add(self, channel: str, user: str, content: Content, thread_ts: str | None = None) -> Message:
        """Post a message in someone's name."""
        message = Message(channel, self.workspace.new_ts(), user, [content], thread_ts)
        self.workspace.messages.append(message)
        self.workspace.feed.publish("message_posted", channel=channel, ts=message.ts, thread_ts=thread_ts)
        return message

    def whisper(self, channel: str, user: str, content: Content, thread_ts: str | None = None) -> Message:
        """Show a message to one user only."""
        message = Message(channel, self.workspace.new_ts(), BOT_USER_ID, [content], thread_ts, recipient=user)
        self.workspace.ephemerals.append(message)
        self.workspace.feed.publish("ephemeral_posted", channel=channel, ts=message.ts, user=user)
        return message

    def change(self, message: Message, content: Content) -> None:
        """Give a message a new version."""
        message.versions.append(content)
        self.workspace.feed.publish("message_changed", channel=message.channel, ts=message.ts)

    def remove(self, message: Message) -> None:
        """Take a message away; its versions stay readable to a test that holds it."""
        message.is_deleted = True
        self.workspace.feed.publish("message_deleted", channel=message.channel, ts=message.ts)

    def sound_content(self, body: Json) -> Content:
        """Judge text and blocks of a command answer or a response_url call. Raises SlackError."""
        return self._content(body)

    def _content(self, args: Args) -> Content:
        blocks = optional_list(args, "blocks", "invalid_blocks_format")
        text = _text(args)
        if blocks:
            check_message_blocks(blocks)
            self._check_files(blocks)
        if not text and not blocks:
            raise SlackError("no_text")
        metadata = _metadata(decoded(args.get("metadata"), "invalid_metadata_format"))
        return Content(text[:LONGEST_TEXT], complete(blocks or [], self.workspace.new_id), metadata)

    def _check_files(self, blocks: list[Json]) -> None:
        for index, block in enumerate(walk(blocks)):
            file_id = block.get("slack_file", {}).get("id")
            file = self.workspace.files.get(file_id)
            if file_id and (file is None or not file.is_complete):
                problem = f"invalid slack file [json-pointer:/blocks/{index}/slack_file]"
                raise SlackError("invalid_blocks", errors=[problem], messages=[problem])

    def _known(self, reference: str, *, by_id_only: bool = False) -> Channel:
        """Find a channel the bot can see: private ones only as a member."""
        by_name = {f"#{one.name}": one for one in self.workspace.channels.values() if one.kind == "public"}
        channel = self.workspace.channels.get(reference) or (None if by_id_only else by_name.get(reference))
        if channel is None or (channel.kind != "public" and not channel.has_bot):
            raise SlackError("channel_not_found")
        return channel

    def writable(self, reference: str) -> Channel:
        """Find a channel the bot may post to. Raises SlackError."""
        if reference in self.workspace.users and reference != BOT_USER_ID:
            return self.workspace.direct_message(reference)
        channel = self._known(reference)
        if channel.is_archived:
            raise SlackError("is_archived")
        if not channel.has_bot and "chat:write.public" not in self.scopes:
            raise SlackError("not_in_channel")
        return channel

    def _thread(self, channel: Channel, args: Args) -> str | None:
        thread_ts = args.get("thread_ts")
        if not thread_ts:
            return None
        if not re.fullmatch(r"\d{10}\.\d{6}", str(thread_ts)):
            raise SlackError("invalid_thread_ts", messages=[f"{thread_ts} is not a valid thread_ts"])
        parent = self.workspace.message(channel.id, str(thread_ts))
        if parent is None or parent.recipient:
            return None  # Slack posts to the channel instead and says nothing (slack-go issue 1571, July 2026)
        return parent.thread_ts or parent.ts

    def _own(self, channel: Channel, args: Args, refusal: str) -> Message:
        message = self.workspace.message(channel.id, required(args, "ts"))
        if message is None or message.recipient:
            raise SlackError("message_not_found")
        if message.user != BOT_USER_ID:
            raise SlackError(refusal)
        return message


def _text(args: Args) -> str:
    text = args.get("text") or ""
    if not isinstance(text, str):
        raise SlackError("invalid_arguments", messages=["must be a string [json-pointer:/text]"])
    return text


def _metadata(metadata: Any) -> Json | None:
    if not metadata:
        return None
    shaped = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not shaped or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > LARGEST_METADATA:
        raise SlackError("metadata_too_large")
    return dict(metadata)

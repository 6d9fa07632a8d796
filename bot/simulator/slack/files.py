"""The files.* methods, the upload address and the download: bytes in, bytes out, and Slack's HTML for a wrong token."""

import mimetypes
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bot.simulator.slack.arguments import Args, decoded, required
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.messages import Messages
from bot.simulator.slack.people import BOT_USER_ID, TEAM_ID
from bot.simulator.slack.state import Content, File, Json, Message, Workspace

SIGN_IN_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to Feira Norte</body></html>"
)


@dataclass(slots=True)
class Files:
    """The files of one workspace. `url` is the simulator's own address, known once it listens."""

    workspace: Workspace
    messages: Messages
    bot_token: str
    url: str = ""

    def info(self, args: Args) -> Json:
        """files.info."""
        return {"file": self.as_json(self._known(required(args, "file")))}

    def upload_url(self, args: Args) -> Json:
        """files.getUploadURLExternal: names the file and where to POST its bytes; a length of 0 is missing."""
        name, length = required(args, "filename"), str(args.get("length") or "")
        if not length.isdigit() or int(length) == 0:
            raise SlackError("missing_argument", messages=["missing required field: length"])
        file = self._new(name, BOT_USER_ID, length=int(length))
        return {"upload_url": f"{self.url}/upload/v1/{file.id}", "file_id": file.id}

    def complete(self, args: Args) -> Json:
        """files.completeUploadExternal: makes the files usable, and posts them when a channel is named."""
        wanted = decoded(args.get("files"), "invalid_arguments")
        if not isinstance(wanted, list) or not wanted:
            raise SlackError("invalid_arguments", messages=["missing required field: files"])
        files = [self._finished(item) for item in wanted]
        for channel in filter(None, [args.get("channel_id"), *str(args.get("channels") or "").split(",")]):
            self._post(str(channel), files, args)
        return {"files": [self.as_json(file) for file in files]}

    def upload(self, user: str, name: str, content: bytes) -> File:
        """Upload a file in a person's name, as the client does for a file input."""
        file = self._new(name, user, length=len(content))
        file.content, file.is_uploaded, file.is_complete = content, True, True
        self.workspace.feed.publish("file_created", file=file.id)
        return file

    async def receive(self, request: Request) -> Response:
        """Take the bytes POSTed to an upload URL, raw or as a multipart form."""
        file = self.workspace.files.get(request.path_params["file_id"])
        if file is None or file.is_complete:
            return PlainTextResponse("unknown or finished upload", 404)
        content = await _uploaded_bytes(request)
        if len(content) != file.length:
            return PlainTextResponse(f"expected {file.length} bytes, received {len(content)}", 400)
        file.content, file.is_uploaded = content, True
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, request: Request) -> Response:
        """Serve `url_private_download`; without the bot's token Slack shows its sign-in page with status 200."""
        file = self.workspace.files.get(request.path_params["file_id"])
        if request.headers.get("authorization") != f"Bearer {self.bot_token}":
            return HTMLResponse(SIGN_IN_PAGE)
        if file is None or not file.is_complete:
            return PlainTextResponse("not found", 404)
        return Response(file.content, media_type=file.mimetype)

    def as_json(self, file: File) -> Json:
        """Render the file object of files.info and of a submitted file input."""
        address = f"{self.url}/files-pri/{TEAM_ID}-{file.id}"
        return {
            "id": file.id,
            "created": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": extension(file.name),
            "user": file.user,
            "size": len(file.content),
            "mode": "hosted",
            "is_external": False,
            "file_access": "visible",
            "url_private": f"{address}/{file.name}",
            "url_private_download": f"{address}/download/{file.name}",
            "channels": file.channels,
        }

    def shared(self, message: Message) -> list[Json]:
        """Render the files of a message."""
        return [self.as_json(self.workspace.files[file_id]) for file_id in message.versions[-1].file_ids]

    def _new(self, name: str, user: str, *, length: int) -> File:
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        created = int(self.workspace.clock())
        file = File(
            self.workspace.new_id("F"), name, user, title=name, mimetype=mimetype, length=length, created=created
        )
        self.workspace.files[file.id] = file
        return file

    def _known(self, file_id: str) -> File:
        file = self.workspace.files.get(file_id)
        if file is None or not file.is_complete:
            raise SlackError("file_not_found")
        return file

    def _finished(self, item: Any) -> File:
        file = self.workspace.files.get(str(item.get("id"))) if isinstance(item, dict) else None
        if file is None or not file.is_uploaded:
            raise SlackError("file_not_found")
        file.title, file.is_complete = item.get("title") or file.name, True
        self.workspace.feed.publish("file_created", file=file.id)
        return file

    def _post(self, channel: str, files: list[File], args: Args) -> None:
        ids = tuple(file.id for file in files)
        target = self.messages.writable(channel)
        content = Content(str(args.get("initial_comment") or ""), file_ids=ids)
        self.messages.add(target.id, BOT_USER_ID, content, args.get("thread_ts"))
        for file in files:
            file.channels.append(target.id)


def extension(name: str) -> str:
    """Return the file type a name claims: its lower-case extension."""
    return name.rpartition(".")[2].lower() if "." in name else ""


async def _uploaded_bytes(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body()
    async with request.form() as form:
        upload = next((part for part in form.values() if isinstance(part, UploadFile)), None)
        return await upload.read() if upload else b""

"""Fetches files people hand over in a modal (Slack, "File input element", read 2026-11).

The bot's token travels with the download, so it goes to Slack's hosts only, redirects included.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import InvalidInputError
from bot.ports.chat import ChatBusyError
from bot.slack import ids
from bot.slack.faults import translated

#: Slack's limit for one file of a file input.
MAX_BYTES: Final = 10 * 1024 * 1024
_SLACK_HOSTS: Final = ("slack.com", "slack-files.com", "slack-edge.com")
_REDIRECTS: Final = 5
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
_OK: Final = 200
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500


class SlackFiles:
    """Downloads files with the bot's token; raises InvalidInputError (at `file`) or ChatBusyError."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def download(self, file: Mapping[str, Any]) -> bytes:
        """Fetch a file object of a submitted modal."""
        known = await self._complete(file)
        _check_size(int(known.get("size") or 0))
        url = str(known.get("url_private_download") or known.get("url_private") or "")
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
                return await self._follow(session, url)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ChatBusyError(5, f"The file cannot be fetched from Slack ({type(error).__name__}).") from error

    async def _complete(self, file: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for the whole file object where Slack sent only its id (files from shared channels)."""
        if file.get("file_access") != "check_file_info":
            return file
        answer = await translated(self._client.files_info(file=str(file["id"])))
        found: Mapping[str, Any] = answer["file"] or {}
        return found

    async def _follow(self, session: aiohttp.ClientSession, url: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._client.token}"}
        for _ in range(_REDIRECTS):
            self._check_host(url)
            async with session.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    return await _body(answer)
                url = urljoin(url, answer.headers.get("Location", ""))
        raise _refused("Slack sent Arauto in circles instead of giving the file. Upload it again.")

    def _check_host(self, url: str) -> None:
        there, api = urlsplit(url), urlsplit(self._client.base_url)
        host = there.hostname or ""
        is_slack = there.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in _SLACK_HOSTS)
        if not is_slack and (there.scheme, there.netloc) != (api.scheme, api.netloc):
            raise _refused("The file does not lie with Slack, so Arauto does not fetch it. Upload it to Slack itself.")


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR:
        raise ChatBusyError(5, f"The file cannot be fetched from Slack just now ({answer.status}).")
    # Slack answers a token that may not read the file with its sign-in page, and with status 200.
    if answer.status != _OK or answer.content_type == "text/html":
        raise _refused(
            "Slack does not let Arauto read this file. Upload it again, or ask for the files:read permission."
        )
    # At most one byte more than allowed, so that a wrong size on the label cannot fill the memory.
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        _check_size(len(body))
    _check_size(len(body))
    return bytes(body)


def _check_size(size: int) -> None:
    if size == 0:
        raise _refused("The file is empty. Choose a CSV file with a header row and at least one person.")
    if size > MAX_BYTES:
        raise _refused("The file is larger than 10 MB. Split it, or import it with `arauto optins import`.")


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, field=ids.FILE)

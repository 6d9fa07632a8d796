"""Reads templates, numbers and the account at Meta, and edits a template's TTL: few calls, so a plain httpx client.

Sources: Meta, "Template management", "Time to live", "Throughput", "Messaging limits", "Get started" (read 2026-09-11).
"""

import json
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from bot.domain.instants import Millis, from_datetime
from bot.domain.template import Template
from bot.ports.meta import Failure, MetaRefusedError, MetaUnavailableError, NumberFacts
from bot.whatsapp import reading
from bot.whatsapp.failures import INVALID_CURSOR, INVALID_PARAMETER, failure
from bot.whatsapp.usage import Usage, read_usage

TEMPLATE_FIELDS: Final = (
    "id,name,language,status,category,sub_category,previous_category,correct_category,components,parameter_format,"
    "quality_score,rejected_reason,message_send_ttl_seconds,cta_url_link_tracking_opted_out,last_updated_time,"
    "health_status,optimization_spec"
)
_NUMBER_FIELDS: Final = (
    "display_phone_number,verified_name,quality_rating,throughput,whatsapp_business_manager_messaging_limit"
)
_PAGE: Final = 100
#: Messages per second by throughput level; a number shared with the Business app is fixed at 20 (Meta, "Throughput").
_GRANTED_MPS: Final = {"STANDARD": 80, "HIGH": 1000, "NOT_APPLICABLE": 20}
#: Where Meta says nothing of throughput, the figure every registered number has.
_DEFAULT_MPS: Final = 80
_NO_SUCH_OBJECT: Final = 33
_NOT_UNDERSTOOD: Final = "Meta's answer was not understood"


class MetaManagementClient:
    """Implements `bot.ports.meta.MetaManagement` for one WhatsApp Business Account.

    `usage` is how much of Meta's call budget was used when Meta last said; callers slow down above 80 per cent.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, api_url: str, version: str, access_token: str, waba_id: str
    ) -> None:
        self._client = client
        self._base = f"{api_url.rstrip('/')}/{version}"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._waba_id = waba_id
        self.usage: Usage | None = None

    async def templates(self) -> AsyncIterator[Template]:
        """List all templates. A cursor that Meta forgot restarts the list once; nothing is then given twice."""
        given: set[str] = set()
        for is_last_try in (False, True):
            try:
                async for template in self._pages():
                    if template.id not in given:
                        given.add(template.id)
                        yield template
            except MetaRefusedError as error:
                if error.failure.code != INVALID_CURSOR or is_last_try:
                    raise
            else:
                return

    async def _pages(self) -> AsyncIterator[Template]:
        query = {"fields": TEMPLATE_FIELDS, "limit": str(_PAGE)}
        while True:
            page = await self._get(f"{self._waba_id}/message_templates", query)
            for item in _items(page):
                template = reading.template(item)
                if template is not None:
                    yield template
            after = _next_cursor(page)
            if after is None:
                return
            query = {**query, "after": after}

    async def template(self, template_id: str) -> Template | None:
        """Read one template; None when Meta does not have it (any more)."""
        try:
            return reading.template(await self._get(template_id, {"fields": TEMPLATE_FIELDS}))
        except MetaRefusedError as error:
            if _is_absent(error.failure):
                return None
            raise

    async def set_ttl(self, template_id: str, seconds: int) -> None:
        """Change how long messages of a template may wait, for every campaign on it; read it back afterwards."""
        answer = await self._post(template_id, {"message_send_ttl_seconds": seconds})
        if answer.get("success") is not True:
            raise MetaUnavailableError(
                f"Meta did not confirm the new lifetime. {_NOT_UNDERSTOOD}; read the template again."
            )

    async def number(self, phone_number_id: str) -> NumberFacts:
        """Read a sender number: the pace Meta grants, the portfolio's limit, its quality."""
        found = await self._get(phone_number_id, {"fields": _NUMBER_FIELDS})
        throughput = found.get("throughput")
        level = throughput.get("level") if isinstance(throughput, Mapping) else None
        limit = reading.messaging_limit(found.get("whatsapp_business_manager_messaging_limit"))
        return NumberFacts(
            phone_number_id=phone_number_id,
            display=reading.text(found.get("display_phone_number")) or "",
            verified_name=reading.text(found.get("verified_name")) or "",
            granted_mps=_GRANTED_MPS.get(str(level), _DEFAULT_MPS),
            messaging_limit=None if limit is None else limit.people,
            quality=(reading.text(found.get("quality_rating")) or "UNKNOWN").upper(),
        )

    async def onboarding(self) -> str:
        """Read how far the account is with Marketing Messages: ONBOARDED, ELIGIBLE, INELIGIBLE_.., or UNKNOWN."""
        found = await self._get(self._waba_id, {"fields": "marketing_messages_onboarding_status"})
        return reading.text(found.get("marketing_messages_onboarding_status")) or "UNKNOWN"

    async def has_media(self, media_id: str) -> bool:
        """Tell whether an uploaded file is still there; Meta keeps them for about 30 days."""
        try:
            return reading.identifier((await self._get(media_id, {})).get("id")) is not None
        except MetaRefusedError as error:
            if _is_absent(error.failure):
                return False
            raise

    async def subscribed_apps(self) -> int:
        """Count the apps that get the account's webhooks."""
        return len(_items(await self._get(f"{self._waba_id}/subscribed_apps", {})))

    async def server_time(self) -> Millis | None:
        """Give the `Date` of an answer of any kind; None when there is none to read."""
        response = await self._request("GET", self._waba_id, params={"fields": "id"})
        try:
            return from_datetime(parsedate_to_datetime(response.headers.get("Date", "")))
        except ValueError:
            return None

    async def _get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        return _answer(await self._request("GET", path, params=query))

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return _answer(await self._request("POST", path, json=body))

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = await self._client.request(method, f"{self._base}/{path}", headers=self._headers, **content)
        except httpx.HTTPError as error:
            raise MetaUnavailableError(f"Meta could not be reached ({type(error).__name__}: {error}).") from error
        self.usage = read_usage(response.headers) or self.usage
        return response


def _answer(response: httpx.Response) -> Mapping[str, Any]:
    """Take the JSON object of a good answer; raises MetaRefusedError or MetaUnavailableError."""
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        found = None
    error = reading.graph_error(found)
    if error is not None:
        raise MetaRefusedError(failure(error.code, error.detail, error.trace_id, is_transient=error.is_transient))
    if response.status_code != httpx.codes.OK or not isinstance(found, Mapping):
        raise MetaUnavailableError(f"Meta answered HTTP {response.status_code}. {_NOT_UNDERSTOOD}; try again later.")
    return found


def _is_absent(refusal: Failure) -> bool:
    """Tell whether Meta says that an object is not there or not ours. 100 also stands for a field it does not know."""
    if refusal.is_passing:
        return False
    if refusal.code == INVALID_PARAMETER:
        return "field" not in refusal.detail.lower()
    return refusal.code == _NO_SUCH_OBJECT


def _items(page: Mapping[str, Any]) -> list[Any]:
    data = page.get("data")
    return data if isinstance(data, list) else []


def _next_cursor(page: Mapping[str, Any]) -> str | None:
    """Give the cursor of the next page; only `paging.next` says that there is one."""
    paging = page.get("paging")
    if not isinstance(paging, Mapping) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    return reading.text(cursors.get("after")) if isinstance(cursors, Mapping) else None

"""Graph's account, number and media nodes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.account import Media, SenderNumber, throughput
from bot.simulator.meta.answers import as_json, fields_of
from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.templates import choose

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.simulator.meta.simulator import MetaSimulator

_WABA_DEFAULT = ("id", "name", "timezone_id", "message_template_namespace")
_NUMBER_DEFAULT = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating", "throughput")
_MEDIA_LIMITS = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000}
_DOCUMENT_LIMIT = 100_000_000


class Nodes:
    """Answers for what is neither a template nor a send."""

    def __init__(self, sim: MetaSimulator) -> None:
        self._sim = sim

    async def waba(self, request: Request, _: object) -> Response:
        """Read the account."""
        account = self._sim.account
        everything = {
            "id": account.waba_id,
            "name": account.name,
            "timezone_id": "1",
            "currency": "EUR",
            "country": "US",
            "message_template_namespace": "2f7b4c1e_9d3a_4f0e",
            "account_review_status": "APPROVED",
            "business_verification_status": "verified",
            "ownership_type": "SELF",
            "owner_business_info": {"id": "506914307656634", "name": account.name},
            "marketing_messages_onboarding_status": self._sim.knobs.onboarding_status,
            "disable_marketing_messages_on_cloud_api": account.marketing_on_cloud_disabled,
            "is_enabled_for_insights": account.insights_enabled,
            "health_status": account.health("WABA", account.waba_id),
        }
        return as_json(choose(everything, request.query_params.get("fields"), _WABA_DEFAULT))

    async def change_waba(self, request: Request, _: object) -> Response:
        """Set one of the account's switches."""
        wanted = {**request.query_params, **await fields_of(request)}
        for key, value in wanted.items():
            flag = str(value).lower() == "true"
            if key == "disable_marketing_messages_on_cloud_api":
                self._sim.account.marketing_on_cloud_disabled = flag
            elif key == "is_enabled_for_insights":
                self._sim.account.insights_enabled = flag
            else:
                raise GraphError(100, f'Unexpected key "{key}" on param "root"')
        return as_json({"success": True})

    async def number(self, request: Request, number: SenderNumber) -> Response:
        """Read a sender number."""
        return as_json(choose(self._describe(number), request.query_params.get("fields"), _NUMBER_DEFAULT))

    async def list_numbers(self, request: Request, _: object) -> Response:
        """List the sender numbers."""
        fields = request.query_params.get("fields")
        rows = [choose(self._describe(n), fields, _NUMBER_DEFAULT) for n in self._sim.account.numbers.values()]
        return as_json({"data": rows})

    def _describe(self, number: SenderNumber) -> dict[str, Any]:
        knobs = self._sim.knobs
        return {
            "id": number.id,
            "display_phone_number": f"+{number.digits}",
            "verified_name": number.verified_name,
            "code_verification_status": "VERIFIED",
            "quality_rating": number.quality,
            "platform_type": "CLOUD_API",
            "status": "CONNECTED",
            "name_status": "APPROVED",
            "account_mode": "LIVE",
            "throughput": throughput(knobs.mps),
            "messaging_limit_tier": knobs.messaging_limit,
            "whatsapp_business_manager_messaging_limit": knobs.messaging_limit,
            "health_status": self._sim.account.health("PHONE_NUMBER", number.id),
        }

    async def subscriptions(self, _: Request, __: object) -> Response:
        """List the subscribed app."""
        account = self._sim.account
        app: dict[str, Any] = {"whatsapp_business_api_data": {"id": "670843887433847", "name": "Arauto", "link": ""}}
        if account.override_url:
            app["override_callback_uri"] = account.override_url
        return as_json({"data": [app] if account.subscribed else []})

    async def subscribe(self, request: Request, _: object) -> Response:
        """Subscribe the app, with its own callback if one is given and verified."""
        wanted, account = await fields_of(request), self._sim.account
        if override := wanted.get("override_callback_uri"):
            await self._sim.handshake(str(override), str(wanted.get("verify_token", "")))
            account.override_url = str(override)
        account.subscribed = True
        return as_json({"success": True})

    async def upload(self, request: Request, _: SenderNumber) -> Response:
        """Keep an uploaded file."""
        async with request.form() as form:
            file, product = form.get("file"), form.get("messaging_product")
            if product != "whatsapp" or file is None or isinstance(file, str):
                raise GraphError(100, "The parameters messaging_product and file are required")
            content, kind = await file.read(), str(form.get("type") or file.content_type)
        limit = _MEDIA_LIMITS.get(kind.partition("/")[0], _DOCUMENT_LIMIT)
        if not 0 < len(content) <= limit:
            raise GraphError(131053, f"The file has {len(content)} bytes; {kind} may have 1 to {limit}")
        account = self._sim.account
        media_id = str(1_166_846_181_421_000 + len(account.media))
        digest = hashlib.sha256(content).hexdigest()
        account.media[media_id] = Media(media_id, kind, digest, len(content), self._sim.clock.now())
        return as_json({"id": media_id})

    async def media(self, request: Request, media: Media) -> Response:
        """Read an uploaded file's description."""
        return as_json(
            {
                "messaging_product": "whatsapp",
                "url": f"{request.url.scheme}://{request.url.netloc}/media/{media.id}",
                "mime_type": media.mime_type,
                "sha256": media.sha256,
                "file_size": media.size,
                "id": media.id,
            }
        )

"""The two ways to Meta."""

import httpx

from bot.runtime.departures import MOST_UNDER_WAY
from bot.settings import Settings
from bot.whatsapp.management import MetaManagementClient
from bot.whatsapp.sending import MetaEndpoint, MetaSender
from bot.whatsapp.transport import sending_transport

MANAGEMENT_TIMEOUT_SECONDS = 30.0


class Clients:
    """A fast one for sending, a stock one for management."""

    def __init__(self, settings: Settings) -> None:
        # Never fewer slots than requests: one that waited for a slot would leave long after its person's last check.
        slots = MOST_UNDER_WAY * len(settings.meta_phone_number_ids)
        self.sending = sending_transport(settings.meta_api_url, concurrency=slots)
        self.management = httpx.AsyncClient(timeout=MANAGEMENT_TIMEOUT_SECONDS, trust_env=False)

    def meta(self, settings: Settings) -> MetaManagementClient:
        """Make the management side."""
        return MetaManagementClient(
            self.management,
            api_url=settings.meta_api_url,
            version=settings.meta_api_version,
            access_token=settings.meta_access_token,
            waba_id=settings.meta_waba_id,
        )

    def sender(self, settings: Settings) -> MetaSender:
        """Make the sending side."""
        token = settings.meta_access_token
        return MetaSender(
            self.sending,
            MetaEndpoint(api_url=settings.meta_api_url, version=settings.meta_api_version, access_token=token),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.sending.aclose()
        await self.management.aclose()

"""Posting one message of a campaign, and going on without the tracker once Meta refuses it."""

import logging

from bot.domain.campaign import Campaign
from bot.ports.clock import Clock
from bot.ports.meta import MessageSender, Outcome, OutgoingMessage, Refused
from bot.ports.storage import Storage, Transaction

log = logging.getLogger(__name__)


class Postman:
    """Posts for one number. Each call leaves once; only an error body about the tracker itself is asked again."""

    def __init__(self, number: str, *, meta: MessageSender, store: Storage, clock: Clock) -> None:
        self._number = number
        self._meta = meta
        self._store = store
        self._clock = clock
        self._is_tracker_refused = False

    def recall(self, tx: Transaction) -> None:
        """Remember from the database whether this number's trackers were refused before."""
        self._is_tracker_refused = tx.switches.get(self._switch) is not None

    async def post(self, campaign: Campaign, address: str, parameters: bytes, tracker: str) -> Outcome:
        """Post one message. Error 100 naming the tracker proves that nothing was accepted: once more without it."""
        message = self._message(campaign, address, parameters, tracker)
        outcome = await self._meta.send(message)
        if message.tracker is not None and isinstance(outcome, Refused) and outcome.failure.is_about_tracker:
            await self._switch_tracker_off()
            outcome = await self._meta.send(self._message(campaign, address, parameters, tracker))
        return outcome

    def _message(self, campaign: Campaign, address: str, parameters: bytes, tracker: str) -> OutgoingMessage:
        template = campaign.template
        if template is None:
            raise ValueError(f"campaign {campaign.token} sends without a template")
        return OutgoingMessage(
            phone_number_id=self._number,
            address=address,
            template_name=template.name,
            language=template.language,
            components=parameters,
            policy=campaign.spec.policy,
            activity_sharing=campaign.spec.activity_sharing,
            tracker=None if self._is_tracker_refused else tracker,
        )

    @property
    def _switch(self) -> str:
        return f"tracker refused on {self._number}"

    async def _switch_tracker_off(self) -> None:
        if self._is_tracker_refused:
            return
        self._is_tracker_refused = True
        log.warning("number %s: Meta refuses biz_opaque_callback_data; going on without it", self._number)
        await self._store.write(lambda tx: tx.switches.set(self._switch, "yes", self._clock.now()))

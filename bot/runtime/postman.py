"""Posting one message of a campaign, with our tracker as long as Meta takes it."""

import logging
from dataclasses import replace

from bot.domain.campaign import Campaign
from bot.ports.meta import MessageSender, Outcome, OutgoingMessage, Refused
from bot.ports.storage import Transaction
from bot.services import settling

log = logging.getLogger(__name__)


class Postman:
    """Posts for one number. Each call leaves exactly once.

    A refusal that names the tracker switches it off for what follows. The refused message is not repeated here: it goes
    back among the waiting (`settling`), so that the pace, a pause or a stop in the meantime hold for it as well.
    """

    def __init__(self, number: str, *, meta: MessageSender) -> None:
        self._number = number
        self._meta = meta
        self._is_tracker_refused = False

    def recall(self, tx: Transaction) -> None:
        """Remember from the database whether this number's trackers were refused before."""
        self._is_tracker_refused = tx.switches.get(settling.tracker_switch(self._number)) is not None

    async def post(self, campaign: Campaign, address: str, parameters: bytes, tracker: str) -> Outcome:
        """Post one message."""
        message = self._message(campaign, address, parameters, tracker)
        outcome = await self._meta.send(message)
        if isinstance(outcome, Refused) and outcome.failure.is_about_tracker:
            return self._about_tracker(message, outcome)
        return outcome

    def _about_tracker(self, message: OutgoingMessage, refused: Refused) -> Refused:
        """Switch the tracker off; a refusal of one that was not sent is like any other wrong parameter."""
        if message.tracker is None:
            return Refused(replace(refused.failure, is_about_tracker=False))
        if not self._is_tracker_refused:
            log.warning("number %s: Meta refuses biz_opaque_callback_data; going on without it", self._number)
        self._is_tracker_refused = True
        return refused

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

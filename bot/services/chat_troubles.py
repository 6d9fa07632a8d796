"""What the chat does not take waits: it is tried again ever more slowly, and whoever is concerned is told once.

A trouble belongs to a place, a channel or the whole workspace, so that one channel holds up no other. While it lasts
one message of the place is tried at a time, and the first that is taken ends it.
"""

from collections.abc import Collection

from bot.domain.campaign import FINAL, Campaign, CampaignId
from bot.domain.instants import DAY, MINUTE, SECOND, Millis
from bot.ports.chat import ChatClosedError
from bot.ports.records import EVERYWHERE, Card, Notice, Trouble
from bot.ports.storage import Transaction
from bot.services import narrating

#: The wait doubles from the first to the last.
FIRST_WAIT = 5 * SECOND
LAST_WAIT = 10 * MINUTE
#: So long a campaign that is over, or what belongs to none, goes on waiting for its channel.
PATIENCE = 7 * DAY


def closed_places(tx: Transaction, now: Millis) -> frozenset[str]:
    """List the places at which nothing is to be tried now."""
    return frozenset(trouble.place for trouble in tx.troubles.list() if trouble.retry_at > now)


def is_closed(places: Collection[str], channel: str) -> bool:
    """Tell whether a channel is among the places, or the whole workspace."""
    return channel in places or EVERYWHERE in places


def tidy(tx: Transaction, now: Millis) -> None:
    """Drop the troubles of places that nothing waits for any more."""
    before = Millis(now - LAST_WAIT)
    if any(trouble.retry_at < before for trouble in tx.troubles.list()):
        tx.troubles.forget(before)


def over(tx: Transaction, channel: str) -> None:
    """Note that a channel took something."""
    if tx.troubles.list():
        tx.troubles.end(channel)
        tx.troubles.end(EVERYWHERE)


def card_refused(tx: Transaction, card: Card, closed: ChatClosedError, now: Millis) -> None:
    """Let a card wait for its channel; one of a campaign that has long been over is given up."""
    trouble = _met(tx, card.channel, closed, now)
    campaign = tx.campaigns.get(card.campaign_id)
    if campaign is not None and campaign.state in FINAL and _is_hopeless(trouble, now):
        give_up_card(tx, card, trouble.why, now)


def give_up_card(tx: Transaction, card: Card, why: str, now: Millis) -> None:
    """Never draw a card again unless somebody asks for it, and tell the author so."""
    tx.cards.died(card.campaign_id, card.kind, why)
    campaign = tx.campaigns.get(card.campaign_id)
    if campaign is not None:
        key = f"campaign {campaign.id}: {card.kind} card given up, {card.wanted} wanted"
        text = (
            f"The {card.kind} card of {_named(campaign)} in <#{card.channel}> is no longer kept up to date: {why} "
            f"`/campaign status {campaign.token}` shows the figures."
        )
        narrating.tell_person(tx, campaign.created_by, key, text, now)


def notice_refused(
    tx: Transaction, notice_id: int, notice: Notice, channel: str, closed: ChatClosedError, now: Millis
) -> str:
    """Let a notice wait, and name the place it waits for; what could not be posted for a week is given up."""
    trouble = _met(tx, channel, closed, now)
    if trouble.place and notice.asked_by:
        text = f"The figures of <#{channel}> cannot be posted there: {trouble.why} They follow by themselves."
        narrating.tell_person(tx, notice.asked_by, f"{channel} closed since {trouble.since}", text, now)
    campaign = None if notice.campaign_id is None else tx.campaigns.get(notice.campaign_id)
    if trouble.place and campaign is not None and notice.in_thread:
        _tell_author(tx, campaign, "What there is to tell", trouble, now)
    if (campaign is None or campaign.state in FINAL) and _is_hopeless(trouble, now):
        tx.notices.gave_up(notice_id, trouble.why, now)
    return trouble.place


def _met(tx: Transaction, channel: str, closed: ChatClosedError, now: Millis) -> Trouble:
    """Note one more refusal, and tell everybody whose card waits for that channel; a token that is refused tells none.

    Only one card of a place is tried, so the others' authors hear of it here.
    """
    place = EVERYWHERE if closed.is_everywhere else channel
    known = next((trouble for trouble in tx.troubles.list() if trouble.place == place), None)
    tries, since = (known.tries + 1, known.since) if known else (1, now)
    trouble = Trouble(place=place, why=str(closed), since=since, tries=tries, retry_at=Millis(now + _wait(tries)))
    tx.troubles.put(trouble)
    for card in tx.cards.stale() if place else ():
        campaign = tx.campaigns.get(card.campaign_id)
        if card.channel == place and campaign is not None:
            _tell_author(tx, campaign, f"The {card.kind} card", trouble, now)
    return trouble


def _wait(tries: int) -> int:
    return min(LAST_WAIT, FIRST_WAIT << min(tries - 1, 16))


def _tell_author(tx: Transaction, campaign: Campaign, what: str, trouble: Trouble, now: Millis) -> None:
    """Tell an author once for each trouble of a channel."""
    key = f"campaign {campaign.id}: {trouble.place} closed since {trouble.since}"
    text = f"{what} of {_named(campaign)} cannot be shown in <#{trouble.place}>: {trouble.why} It follows by itself."
    narrating.tell_person(tx, campaign.created_by, key, text, now)


def trouble_of(tx: Transaction, campaign_id: CampaignId, kind: str) -> Trouble | None:
    """Say what keeps a card from being drawn; None when nothing is known of."""
    card = tx.cards.get(campaign_id, kind)
    places = () if card is None else (card.channel, EVERYWHERE)
    return next((trouble for trouble in tx.troubles.list() if trouble.place in places), None)


def _is_hopeless(trouble: Trouble, now: Millis) -> bool:
    return now - trouble.since > PATIENCE


def _named(campaign: Campaign) -> str:
    return f"*{campaign.spec.name}* (`{campaign.token}`)"

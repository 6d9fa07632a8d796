"""Following a click token of ours to its landing address."""

from bot.domain.instants import Millis
from bot.ports.storage import Transaction


def follow(tx: Transaction, token: str, now: Millis) -> str | None:
    """Give the landing address and count the person once; None for a token that is not ours."""
    landing = tx.links.hit(token, now)
    campaign_id = tx.links.campaign_of(token) if landing is not None else None
    if campaign_id is not None:
        tx.cards.want(campaign_id, "live")
    return landing

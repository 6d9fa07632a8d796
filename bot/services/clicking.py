"""Following a click token of ours to its landing address."""

from bot.domain.instants import Millis
from bot.ports.storage import Transaction


def follow(tx: Transaction, token: str, now: Millis) -> str | None:
    """Give the landing address and count the person once; None for a token that is not ours."""
    address = tx.links.hit(token, now)
    if address is None:
        return tx.switches.get(trial_link(token))
    campaign_id = tx.links.campaign_of(token)
    if campaign_id is not None:
        tx.cards.want(campaign_id, "live")
    return address or None  # an erased person's link leads nowhere any more


def landing(tx: Transaction, token: str) -> str | None:
    """Give the landing address and count nobody; None as above."""
    return tx.links.landing(token) or tx.switches.get(trial_link(token))


def trial_link(token: str) -> str:
    """Name the switch that holds the landing address of a tester's link, which counts nobody."""
    return f"trial link {token}"

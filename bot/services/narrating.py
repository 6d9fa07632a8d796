"""Words for the channel: each milestone of a campaign goes into its card's thread, once."""

from bot.domain.campaign import Campaign
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.ports.records import Notice
from bot.ports.storage import Transaction


def tell(tx: Transaction, campaign: Campaign, key: str, text: str, now: Millis, *, broadcast: bool = False) -> bool:
    """Queue a sentence for the campaign's thread; the same key of the same campaign is told once (False if it was)."""
    notice = Notice(
        key=f"campaign {campaign.id}: {key}", campaign_id=campaign.id, in_thread=True, broadcast=broadcast, text=text
    )
    return tx.notices.add(notice, now)


def tell_person(tx: Transaction, user: str, key: str, text: str, now: Millis) -> None:
    """Queue a direct message to one of our people."""
    tx.notices.add(Notice(key=key, channel=user, text=text), now)


def tell_approvers(tx: Transaction, policy: Policy, key: str, text: str, now: Millis) -> bool:
    """Queue a sentence for the channel where campaigns are approved; the same key is told once (False if it was)."""
    return tx.notices.add(Notice(key=key, channel=policy.approval_channel, text=text), now)


def redraw(tx: Transaction, campaign: Campaign, *, create_live: bool = False) -> None:
    """Ask for both cards to be drawn again from the database."""
    tx.cards.want(campaign.id, "approval")
    tx.cards.want(campaign.id, "live", campaign.spec.channel if create_live else None)

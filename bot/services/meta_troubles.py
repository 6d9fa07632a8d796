"""What is said while Meta keeps a launch waiting: a moment's fault nothing, a lasting one once."""

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.instants import MINUTE, Millis
from bot.domain.policy import Policy
from bot.ports.meta import Failure
from bot.ports.storage import Transaction
from bot.services import narrating

#: A fault that passes by itself is worth a word only when it has lasted so long.
WORTH_TELLING = 10 * MINUTE


def tell(
    tx: Transaction, campaign_id: CampaignId, failure: Failure | None, waited: int, policy: Policy, now: Millis
) -> None:
    """Say once why a campaign waits for Meta; `failure` is Meta's answer (None: there was none), `waited` is in ms.

    What does not pass by itself is said at once, to the approvers as well: somebody has to mend it.
    """
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None:
        return
    if failure is None or failure.is_passing:
        if waited >= WORTH_TELLING:
            _tell_away(tx, campaign, failure, now)
        return
    text = f"Waiting: Meta refused the check before sending. {_words(failure)}. {failure.mend}. Arauto keeps trying."
    key = f"v{campaign.version} {campaign.state} waits for the account: {failure.code}"
    narrating.tell(tx, campaign, key, text, now, broadcast=True)
    about = f"*{campaign.spec.name}* (`{campaign.token}`): {text}"
    narrating.tell_approvers(tx, policy, f"campaign {campaign.id}, approvers: {key}", about, now)


def _tell_away(tx: Transaction, campaign: Campaign, failure: Failure | None, now: Millis) -> None:
    why = f" {_words(failure)}." if failure else ""
    minutes = WORTH_TELLING // MINUTE
    text = f"Waiting: for {minutes} minutes Meta cannot be asked about the template.{why} Arauto keeps trying."
    narrating.tell(tx, campaign, f"v{campaign.version} {campaign.state} waits for Meta", text, now)


def _words(failure: Failure) -> str:
    return f"{failure.what} (Meta’s error {failure.code})"

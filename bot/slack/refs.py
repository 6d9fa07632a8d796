"""Which campaign a button or modal speaks of: its token, version and plan digest, and nothing about people."""

import json
from dataclasses import dataclass

from bot.domain.campaign import Campaign
from bot.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class CampaignRef:
    """A campaign as a card showed it. A click whose version or digest is no longer the stored one must fail closed."""

    id: str
    version: int
    digest: str

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignRef":
        """Take the reference of a campaign as it is now; a draft without a plan has an empty digest."""
        return cls(campaign.token, campaign.version, campaign.digest or "")

    def encode(self) -> str:
        """Write the JSON `{"id","version","digest"}` of button values and `private_metadata`."""
        return json.dumps({"id": self.id, "version": self.version, "digest": self.digest})


def decode(text: str) -> CampaignRef:
    """Read a reference back; raises InvalidInputError, because old messages with other values live for ever."""
    try:
        value = json.loads(text)
        return CampaignRef(str(value["id"]), int(value["version"]), str(value["digest"]))
    except (ValueError, KeyError, TypeError) as cause:
        message = "This button is from an older card and cannot be used any more; open the campaign's newest card."
        raise InvalidInputError(message) from cause

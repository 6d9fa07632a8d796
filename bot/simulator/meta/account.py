"""The WhatsApp Business Account: its sender numbers with their pace, its media, its webhook subscription."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from bot.simulator.meta import parameters

_WINDOW_SECONDS = 1.0
_HIGH_THROUGHPUT = 1000
_MEDIA_SECONDS = 30 * 86_400.0
_MEDIA_TYPES = {
    "image": {"image/jpeg", "image/png"},
    "video": {"video/mp4", "video/3gpp"},
    "gif": {"video/mp4"},
    "document": None,  # any type
}


class Pace:
    """Requests of one number in real time; admits at most `mps` in every sliding second."""

    def __init__(self) -> None:
        self.admitted = array("d")
        self.refused = 0
        self._window: deque[float] = deque()

    def admit(self, at: float, mps: int) -> bool:
        """Admit a request at a real instant, or count a refusal."""
        while self._window and self._window[0] <= at - _WINDOW_SECONDS:
            self._window.popleft()
        if len(self._window) >= mps:
            self.refused += 1
            return False
        self._window.append(at)
        self.admitted.append(at)
        return True

    def busiest(self) -> int:
        """Count the admitted requests of the busiest sliding second."""
        most = first = 0
        for last, at in enumerate(self.admitted):
            while self.admitted[first] <= at - _WINDOW_SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most


@dataclass(slots=True)
class SenderNumber:
    """A registered business number; digits without `+`."""

    id: str
    digits: str
    calling_code: str = "1"
    verified_name: str = "Arauto Shop"
    quality: str = "GREEN"
    pace: Pace = field(default_factory=Pace)

    @property
    def display(self) -> str:
        """The number as Meta writes it in webhooks."""
        return self.digits


@dataclass(frozen=True, slots=True)
class Media:
    """An uploaded file."""

    id: str
    mime_type: str
    sha256: str
    size: int
    uploaded_at: float


@dataclass(slots=True)
class Account:
    """One WABA. `restriction` blocks every send with that code."""

    waba_id: str
    numbers: dict[str, SenderNumber]
    access_token: str
    app_secret: str
    verify_token: str
    callback_url: str | None
    name: str = "Arauto Shop"
    subscribed: bool = False
    override_url: str | None = None
    marketing_on_cloud_disabled: bool = False
    insights_enabled: bool = False
    restriction: int | None = None
    media: dict[str, Media] = field(default_factory=dict)

    def check_media(self, kind: str, file: parameters.MediaObject, now: float) -> None:
        """Refuse a header file that Meta could not send. Raises 131009 and 131053."""
        if (file.id is None) == (file.link is None):
            raise GraphError(131009, f"header: {kind} needs exactly one of id and link")
        if file.filename is not None and kind != "document":
            raise GraphError(131009, f"header: only a document has a filename, not {kind}")
        if file.link is not None:
            if not file.link.startswith(("https://", "http://")):
                raise GraphError(131053, f"header: {kind} link is not a web address")
            return
        media = self.media.get(file.id or "")
        if media is None:
            raise GraphError(131009, f"header: media id {file.id} does not exist")
        if now - media.uploaded_at > _MEDIA_SECONDS:
            raise GraphError(131053, f"header: media id {file.id} has expired; upload it again")
        allowed = _MEDIA_TYPES[kind]
        if allowed is not None and media.mime_type not in allowed:
            raise GraphError(131053, f"header: media id {file.id} is {media.mime_type}, not usable as {kind}")

    def health(self, entity: str, entity_id: str) -> dict[str, Any]:
        """Build the `health_status` of the account or one of its numbers."""
        can = "BLOCKED" if self.restriction else "AVAILABLE"
        row: dict[str, Any] = {"entity_type": entity, "id": entity_id, "can_send_message": can}
        if self.restriction:
            row["errors"] = [{"error_code": self.restriction, "error_description": "The account is restricted."}]
        return {"can_send_message": can, "entities": [row]}


def throughput(mps: int) -> dict[str, str]:
    """Build the readable throughput level."""
    return {"level": "HIGH" if mps >= _HIGH_THROUGHPUT else "STANDARD"}

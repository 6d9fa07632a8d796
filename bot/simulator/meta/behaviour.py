"""The knobs: how this Meta and its people behave. Everything may be changed while it runs."""

from __future__ import annotations

from typing import Literal

import msgspec

Span = tuple[float, float]  # simulated seconds, lowest and highest

_MINUTE, _DAY = 60.0, 86_400.0
# Meta, marketing messages "features", read 2026-02-10: no click metrics for people of the EEA, the United Kingdom,
# Japan, South Korea, Nigeria and South Africa. Calling codes.
_WITHOUT_METRICS = (
    *("44", "81", "82", "234", "27", "30", "31", "32", "33", "34", "351", "352", "353", "354", "356", "357", "358"),
    *("359", "36", "370", "371", "372", "385", "386", "39", "40", "420", "421", "423", "43", "45", "46", "47", "48"),
    "49",
)


class Knobs(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One value per habit; probabilities from 0 to 1, spans in simulated seconds unless the name says real."""

    # What the platform grants.
    mps: int = 80  # requests per real second and number, in every sliding second
    onboarding_status: str = "ONBOARDED"
    messaging_limit: str = "TIER_100K"
    token_revoked: bool = False
    down: bool = False  # every request: 503 without a body
    callback_data_refused: bool = False  # error 100 naming biz_opaque_callback_data
    ttl_edits_ignored: bool = False  # the edit answers success and does not hold
    sync_seconds: float = 10 * _MINUTE  # after approval or wake-up
    dormant_seconds: float = 7 * _DAY
    review_seconds: float = _MINUTE  # from creation to approval
    us_refusal: Literal["webhook", "sync", "none"] = "webhook"  # 131049
    stop_refusal: Literal["webhook", "sync"] = "sync"  # 131050
    without_metrics: tuple[str, ...] = _WITHOUT_METRICS

    # How fast it answers, in real seconds.
    latency_real: float = 0.0
    latency_jitter_real: float = 0.0

    # What becomes of an accepted message.
    failures: dict[int, float] = {}  # by webhook: code to probability
    sent_before_failure: float = 0.0
    hold_rate: float = 0.0
    hold_dropped_rate: float = 0.0
    hold: Span = (600.0, 1800.0)
    reachable_rate: float = 0.97
    read_rate: float = 0.6
    delivered_skipped_rate: float = 0.02  # read without delivered
    sent_after: Span = (0.2, 1.0)
    delivered_after: Span = (0.5, 6.0)
    read_after: Span = (5.0, 900.0)
    react_after: Span = (3.0, 120.0)

    # What people do once they have read it.
    click_rate: float = 0.15
    visit_rate: float = 1.0  # of those who click: really opens the address, if it is on this machine
    tap_rate: float = 0.03
    stop_text_rate: float = 0.0
    stop_preference_rate: float = 0.0

    # How webhooks travel.
    statuses_before_answer: bool = False
    webhook_batch: int = 100
    webhook_linger_real: float = 0.0  # waits for a batch to fill
    webhook_workers: int = 4  # read at the start
    webhook_copies: int = 1
    webhook_copy_within: float = 30.0
    webhook_shuffle: float = 0.0  # each event is late by up to this
    webhook_delay: float = 0.0
    webhook_drop_rate: float = 0.0
    webhook_timeout_real: float = 10.0
    webhook_extras: bool = True  # keys nobody announced
    webhook_user_ids: bool = True  # business-scoped user ids beside phones


class Persona(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What one phone does for certain; None leaves it to the knobs' chances."""

    refused: int | None = None  # this code at once
    fails: int | None = None  # this code by webhook
    held: bool | None = None
    reachable: bool | None = None
    online_after: float | None = None  # offline first, simulated seconds after acceptance
    skips_delivered: bool | None = None
    reads: bool | None = None
    clicks: bool | None = None
    taps: str | None = None  # text of the quick reply
    says: str | None = None  # typed after reading
    stops: bool | None = None  # WhatsApp's own "stop"
    hidden: bool = False  # a username user: webhooks carry no phone


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Something that goes wrong on the next requests; the oldest that matches one is used."""

    kind: Literal["error", "reset", "hang", "gateway"]
    on: Literal["send", "manage"] = "send"  # messages, or everything else
    code: int = 131000  # of kind error
    status: int | None = None  # HTTP; of kind error the code's own, of kind gateway 502
    seconds_real: float = 5.0  # of kind hang, before the connection is reset
    accepted: bool = False  # the message is taken although the answer is lost
    times: int | None = 1  # None: until cleared
    phone: str | None = None  # exactly as the sender writes it
    share: float = 1.0

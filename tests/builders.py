"""Builders of test data: sane defaults, every part replaceable; phone numbers come from ranges reserved for fiction."""

from dataclasses import replace
from typing import Any

from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignSpec
from bot.domain.consent import ConsentEvent, ConsentKind
from bot.domain.instants import DAY, HOUR, Millis
from bot.domain.message import Dispatch, Recipient
from bot.domain.plan import PlannedRecipient
from bot.domain.template import Template
from bot.ports.people import NewPerson
from bot.ports.storage import Transaction

#: 2026-11-02 09:00:00 UTC, a Monday.
NOW = Millis(1_793_610_000_000)
NUMBER = "106540352242922"


class TestClock:
    """A clock that moves by hand."""

    __test__ = False

    def __init__(self, instant: int = NOW) -> None:
        self.instant = instant

    def now(self) -> Millis:
        return Millis(self.instant)

    def ticks(self) -> Millis:
        return Millis(self.instant)

    def exact_ticks(self) -> float:
        return float(self.instant)


def later(hours: float = 0, *, days: float = 0, since: int = NOW) -> Millis:
    return Millis(round(since + hours * HOUR + days * DAY))


def a_phone(n: int = 0) -> str:
    """Give the n-th of a thousand fictional British mobile numbers."""
    return f"+447700900{n:03}"


def a_person(n: int = 0, **changes: Any) -> NewPerson:
    phone = changes.pop("phone", a_phone(n))
    person = NewPerson(
        phone=phone,
        identity=phone.removeprefix("+"),
        country="GB",
        market="United Kingdom",
        name=f"Ada {n}",
        language="en_GB",
    )
    return replace(person, **changes)


def an_opt_in(**changes: Any) -> ConsentEvent:
    event = ConsentEvent(kind=ConsentKind.OPT_IN, at=NOW, source="web form", wording="Yes, write to me", actor="cli")
    return replace(event, **changes)


def a_stop(**changes: Any) -> ConsentEvent:
    event = ConsentEvent(
        kind=ConsentKind.STOP, at=NOW, source="message", wording="stop", evidence="wamid.in", actor="webhook"
    )
    return replace(event, **changes)


def a_template(**changes: Any) -> Template:
    template = Template(
        id="900100",
        name="spring_offer",
        language="en_GB",
        status="APPROVED",
        category="MARKETING",
        components=({"type": "BODY", "text": "Hello {{1}}, 20% off today."},),
        ttl_seconds=86_400,
        last_updated_at=later(days=-1),
    )
    return replace(template, **changes)


def a_spec(**changes: Any) -> CampaignSpec:
    spec = CampaignSpec(
        name="Spring offer",
        template_id="900100",
        audience_id=1,
        channel="C0SPRING",
        phone_number_id=NUMBER,
        bindings={"body:1": "{{first_name|friend}}"},
    )
    return replace(spec, **changes)


def a_planned(n: int = 1, **changes: Any) -> PlannedRecipient:
    phone = a_phone(n)
    row = PlannedRecipient(
        person_id=n,
        identity=phone.removeprefix("+"),
        address=phone,
        market="United Kingdom",
        country="GB",
        parameters=b'[{"type":"body"}]',
    )
    return row._replace(**changes)


def add_people(tx: Transaction, count: int, *, opted_in: bool = True, first: int = 1) -> list[int]:
    """Store people, opted in unless told otherwise, and give their ids."""
    saved = tx.people.save([a_person(n) for n in range(first, first + count)], NOW)
    ids = [one.person_id for one in saved]
    if opted_in:
        tx.consents.record([(person_id, an_opt_in()) for person_id in ids], NOW)
    return ids


def add_campaign(tx: Transaction, *, token: str = "7Q2K", **spec: Any) -> Campaign:
    """Store a draft with everything it refers to: its template and its audience."""
    wanted = a_spec(**spec)
    if tx.templates.get(wanted.template_id) is None:
        tx.templates.put(a_template(id=wanted.template_id), NOW)
    audience = tx.audiences.by_name("Everybody") or tx.audiences.add("Everybody", AudienceRule(), "U0MARKETER", NOW)
    return tx.campaigns.add(
        replace(wanted, audience_id=audience.id), token=token, created_by="U0MARKETER", team="T0TEAM", now=NOW
    )


def add_plan(tx: Transaction, campaign: Campaign, count: int = 1, *, first: int = 1) -> list[int]:
    """Store opted-in people and freeze a message to each; give the people's ids."""
    ids = add_people(tx, count, first=first)
    planned = [a_planned(n, person_id=person_id) for n, person_id in enumerate(ids, first)]
    tx.recipients.add(campaign.id, planned)
    return ids


def messages_of(tx: Transaction, campaign: Campaign) -> list[Recipient]:
    return [row.recipient for row in tx.recipients.rows(campaign.id)]


def planned_messages(
    tx: Transaction, count: int = 1, *, token: str = "7Q2K", first: int = 1, **spec: Any
) -> list[Recipient]:
    campaign = add_campaign(tx, token=token, **spec)
    add_plan(tx, campaign, count, first=first)
    return messages_of(tx, campaign)


def change_message(tx: Transaction, message: Recipient, **changes: Any) -> Recipient:
    after = message._replace(**changes)
    tx.recipients.save([(message, after)])
    return after


def accept_message(tx: Transaction, message: Recipient, at: Millis = NOW, **changes: Any) -> Recipient:
    changes = {"dispatch": Dispatch.ACCEPTED, "wamid": f"wamid.{message.id}", "accepted_at": at, **changes}
    return change_message(tx, message, **changes)

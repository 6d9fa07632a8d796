"""Test sends: who gets them, what is in them, and what came of each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain.approval import Shown
from bot.domain.binding import Composed, Composer
from bot.domain.campaign import Campaign, CampaignId
from bot.domain.consent import Facts, verdict
from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.instants import Millis
from bot.domain.message import Dispatch
from bot.domain.phone import mask
from bot.domain.policy import Policy
from bot.domain.roles import Actor, Role, require
from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, Refused
from bot.ports.people import Person
from bot.ports.recipients import Trial
from bot.ports.storage import Transaction
from bot.services import narrating, recording
from bot.services.clicking import trial_link
from bot.services.drafting import require_campaign
from bot.services.planning import attributes_of


def request(
    tx: Transaction, shown: Shown, actor: Actor, policy: Policy, new_token: Callable[[], str], now: Millis
) -> list[Trial]:
    """Queue one test message to every tester of the settings who is opted in; the others are named in the error."""
    require(actor, Role.MARKETER if Role.APPROVER not in actor.roles else Role.APPROVER)
    campaign = require_campaign(tx, CampaignId(shown.campaign_id))
    if (campaign.version, campaign.digest) != (shown.version, shown.digest):
        raise ConflictError(f"Campaign “{campaign.spec.name}” changed after this card was drawn. Use the newest card.")
    people = _testers(tx, policy)
    trials = []
    for person in people:
        composed = _compose(campaign, person, policy, new_token)
        for token, _, landing in composed.links:
            tx.switches.set(trial_link(token), landing, now)
        address = person.phone or person.bsuid or ""
        trials.append(
            tx.trials.add(
                campaign.id, campaign.spec.phone_number_id, address, composed.components_json, actor.user, now
            )
        )
    recording.record(tx, campaign, "test_send", actor.user, now, testers=len(trials))
    return trials


def _testers(tx: Transaction, policy: Policy) -> list[Person]:
    if not policy.testers:
        raise InvalidInputError("There are no testers. An operator names opted-in phones in ARAUTO_TESTERS.")
    found = [tx.people.find(phone) for phone in policy.testers]
    ready = [person for person in found if person is not None and _objection(person) is None]
    if not ready:
        masked = ", ".join(mask(phone) for phone in policy.testers)
        raise InvalidInputError(f"None of the testers ({masked}) is opted in. Import their opt-in first.")
    return ready


def _objection(person: Person) -> object:
    return verdict(Facts(standing=person.standing, country=person.country))


def _compose(campaign: Campaign, person: Person, policy: Policy, new_token: Callable[[], str]) -> Composed:
    if campaign.template is None:
        raise ConflictError(f"Campaign “{campaign.spec.name}” has no template yet.")
    composer = Composer(
        campaign.template,
        campaign.spec.bindings,
        public_url=policy.public_url,
        offer_ends_at=campaign.spec.offer_ends_at,
    )
    composed = composer.compose(attributes_of(person), token=new_token)
    if composed.missing:
        missing = ", ".join(sorted(composed.missing))
        raise InvalidInputError(f"Tester {mask(person.phone or '')} has no value for {missing}, and no fallback.")
    return composed


def mark(tx: Transaction, phone_number_id: str, limit: int) -> Sequence[Trial]:
    """Mark the next waiting trials as leaving, with a last look at each tester's consent."""
    going = []
    for trial in tx.trials.waiting(phone_number_id, limit):
        person = tx.people.find(trial.address)
        if person is None or _objection(person) is not None:
            tx.trials.save(replace(trial, dispatch=Dispatch.SKIPPED))
            continue
        marked = replace(trial, dispatch=Dispatch.SENDING)
        tx.trials.save(marked)
        going.append(marked)
    return going


def tell(tx: Transaction, campaign: Campaign, trial: Trial, outcome: Outcome, now: Millis) -> None:
    """Tell whoever asked what came of a test message."""
    text = f"Test of *{campaign.spec.name}* to {mask(trial.address)}: {_words(outcome)}"
    narrating.tell_person(tx, trial.requested_by, f"trial {trial.id}", text, now)


def _words(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "Meta accepted it; look at the phone."
        case Refused():
            return f"refused. {outcome.failure.what} (Meta’s error {outcome.failure.code}). {outcome.failure.mend}."
        case NotSent():
            return "not sent, Meta could not be reached. Try again."
        case InDoubt():
            return "nobody knows whether it left; the answer got lost. It is not sent again by itself."

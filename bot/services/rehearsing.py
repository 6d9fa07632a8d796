"""Test sends: who gets them and who does not, what is in them, and what came of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.approval import Shown
from bot.domain.binding import Composed, Composer
from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.consent import WORDS, Exclusion, Facts, verdict
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

#: A test makes sense while messages wait to leave, or to go on.
_TESTABLE = frozenset(
    {
        CampaignState.IN_REVIEW,
        CampaignState.APPROVED,
        CampaignState.SCHEDULED,
        CampaignState.PAUSED,
        CampaignState.FAILED,
    }
)
#: A test that was asked for before still shows what the campaign sends.
_STILL_TRUE = _TESTABLE | {CampaignState.SENDING, CampaignState.SENT}


@dataclass(frozen=True, slots=True)
class Requested:
    """Test messages that wait to leave, and the testers who get none: masked number and reason."""

    trials: Sequence[Trial]
    left_out: Sequence[tuple[str, str]]


def request(
    tx: Transaction, shown: Shown, actor: Actor, policy: Policy, new_token: Callable[[], str], now: Millis
) -> Requested:
    """Queue one test message to every tester of the settings who can be sent to; raises InvalidInputError for none."""
    require(actor, Role.MARKETER if Role.APPROVER not in actor.roles else Role.APPROVER)
    campaign = require_campaign(tx, CampaignId(shown.campaign_id))
    _check(campaign, shown)
    ready, left_out = _testers(tx, campaign, policy, new_token)
    trials = [_queue(tx, campaign, address, composed, actor, now) for address, composed in ready]
    recording.record(tx, campaign, "test_send", actor.user, now, testers=len(trials), left_out=len(left_out))
    return Requested(tuple(trials), tuple(left_out))


def _check(campaign: Campaign, shown: Shown) -> None:
    if (campaign.version, campaign.digest) != (shown.version, shown.digest):
        raise ConflictError(f"Campaign “{campaign.spec.name}” changed after this card was drawn. Use the newest card.")
    if campaign.state not in _TESTABLE:
        raise ConflictError(f"Campaign “{campaign.spec.name}” is {_state(campaign)}; a test makes no sense any more.")


def _testers(
    tx: Transaction, campaign: Campaign, policy: Policy, new_token: Callable[[], str]
) -> tuple[list[tuple[str, Composed]], list[tuple[str, str]]]:
    """Compose the message for each tester who can be sent to; give the others with the reason."""
    if not policy.testers:
        raise InvalidInputError("There are no testers. An operator names opted-in phones in ARAUTO_TESTERS.")
    ready, left_out = [], []
    for phone in policy.testers:
        person = tx.people.find(phone)
        reason = _objection(person)
        if person is None or reason is not None:
            left_out.append((mask(phone), reason or WORDS[Exclusion.NO_OPT_IN]))
            continue
        composed = _compose(campaign, person, policy, new_token)
        if composed.missing or composed.is_too_long:
            left_out.append((mask(phone), _unfit(composed)))
        else:
            ready.append((phone, composed))
    if not ready:
        raise InvalidInputError(f"No tester can be sent to. {in_words(left_out)}.")
    return ready, left_out


def in_words(left_out: Sequence[tuple[str, str]]) -> str:
    """Write who was left out and why, on one line."""
    return "; ".join(f"{masked}: {reason}" for masked, reason in left_out)


def _objection(person: Person | None) -> str | None:
    """Say why a tester may not be sent to."""
    if person is None:
        return WORDS[Exclusion.NO_OPT_IN]
    reason = verdict(Facts(standing=person.standing, country=person.country))
    return None if reason is None else WORDS[reason]


def _unfit(composed: Composed) -> str:
    if composed.missing:
        return f"no value for {', '.join(sorted(composed.missing))}, and no fallback"
    return WORDS[Exclusion.TOO_LONG]


def _compose(campaign: Campaign, person: Person, policy: Policy, new_token: Callable[[], str]) -> Composed:
    if campaign.template is None:
        raise ConflictError(f"Campaign “{campaign.spec.name}” has no template yet.")
    composer = Composer(
        campaign.template,
        campaign.spec.bindings,
        public_url=policy.public_url,
        offer_ends_at=campaign.spec.offer_ends_at,
    )
    return composer.compose(attributes_of(person), token=new_token)


def _queue(tx: Transaction, campaign: Campaign, address: str, composed: Composed, actor: Actor, now: Millis) -> Trial:
    for token, _, landing in composed.links:
        tx.switches.set(trial_link(token), landing, now)
    number = campaign.spec.phone_number_id
    return tx.trials.add(campaign.id, number, address, composed.components_json, actor.user, now)


def mark(tx: Transaction, phone_number_id: str, limit: int, now: Millis) -> Sequence[Trial]:
    """Mark the next waiting trials as leaving, with a last look at each; who asked is told of those that stay."""
    going = []
    for trial in tx.trials.waiting(phone_number_id, limit):
        campaign = require_campaign(tx, trial.campaign_id)
        why = _objection(tx.people.find(trial.address))
        if campaign.state not in _STILL_TRUE:
            why = f"the campaign is {_state(campaign)}"
        if why is not None:
            tx.trials.save(replace(trial, dispatch=Dispatch.SKIPPED))
            _say(tx, campaign, trial, f"not sent: {why}.", now)
            continue
        marked = replace(trial, dispatch=Dispatch.SENDING)
        tx.trials.save(marked)
        going.append(marked)
    return going


def doubt(tx: Transaction, trial: Trial, now: Millis) -> None:
    """Put a trial in doubt whose sender died; who asked is told."""
    tx.trials.save(replace(trial, dispatch=Dispatch.IN_DOUBT))
    lost = InDoubt("Arauto stopped before the answer came.")
    tell(tx, require_campaign(tx, trial.campaign_id), trial, lost, now)


def tell(tx: Transaction, campaign: Campaign, trial: Trial, outcome: Outcome, now: Millis) -> None:
    """Tell whoever asked what came of a test message."""
    _say(tx, campaign, trial, _words(outcome), now)


def _say(tx: Transaction, campaign: Campaign, trial: Trial, what: str, now: Millis) -> None:
    text = f"Test of *{campaign.spec.name}* to {mask(trial.address)}: {what}"
    narrating.tell_person(tx, trial.requested_by, f"trial {trial.id}", text, now)


def _state(campaign: Campaign) -> str:
    return str(campaign.state).replace("_", " ")


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

"""Freezing the audience: each person becomes one row with rendered parameters, or one line of the waterfall.

Planning goes through the audience by person id in small transactions. What is done is kept in the plan itself, so after
a crash it goes on where it stopped, and its memory does not grow with the audience.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import compress
from operator import not_

from bot.domain import rates
from bot.domain.approval import digest_of
from bot.domain.binding import Composed, Composer
from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.consent import Exclusion, Facts, Standing, verdict
from bot.domain.instants import SECOND, Millis
from bot.domain.phone import mask
from bot.domain.plan import SEAL_BYTES, PlannedRecipient, PlanSummary, chain_all
from bot.domain.policy import Policy
from bot.domain.rendering import filled_in, preview
from bot.domain.schedule import sending_seconds
from bot.ports.people import Candidate, Person
from bot.ports.records import NumberStatus
from bot.ports.storage import Transaction
from bot.services import narrating, recording
from bot.services.sending import lifetime_of

#: People per transaction: about 25 ms of the writer's time.
CHUNK = 800
#: Ids of people looked through per transaction: a rule that few match holds the writer no longer than one of all.
REACH = 20_000
#: Masked people shown per exclusion, and rendered examples.
SAMPLES = 3
EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning needs beside the books: house rules, prices, fresh click tokens, and random bytes for seals."""

    policy: Policy
    card: rates.RateCard
    new_token: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    #: How many ids of people one step looks through.
    reach: int = REACH

    def step(self, tx: Transaction, campaign_id: CampaignId, now: Millis) -> bool:
        """Plan the next chunk of people; tells whether there is more to do."""
        campaign = tx.campaigns.get(campaign_id)
        if campaign is None or campaign.state is not CampaignState.PLANNING:
            return False
        audience = tx.audiences.get(campaign.spec.audience_id)
        if audience is None:
            _send_back(tx, campaign, "Its audience is gone; pick another one.", now)
            return False
        plan = campaign.plan or PlanSummary(planned_at=now)
        asof, after, until = plan.planned_at or now, plan.cursor, plan.cursor + self.reach
        people = tx.people.candidates(audience.rule, self.policy.cap, asof, after=after, until=until, limit=CHUNK)
        if not people and until >= tx.people.last_id():
            self._finish(tx, campaign, plan, now)
            return False
        plan = self._add(tx, campaign, plan, people) if people else replace(plan, cursor=until)
        tx.campaigns.change(campaign, plan=plan)
        return True

    def _add(self, tx: Transaction, campaign: Campaign, plan: PlanSummary, people: list[Candidate]) -> PlanSummary:
        draft = _Draft(plan)
        composer = self._composer(campaign)
        found = [
            self._row(draft, campaign, composer, *one) for one in zip(people, self._seals(len(people)), strict=True)
        ]
        rows = [row for row in found if row is not None]
        added = tx.recipients.add(campaign.id, rows)
        draft.include(list(compress(rows, added)))
        for row in compress(rows, map(not_, added)):
            draft.exclude(Exclusion.DUPLICATE, row.address)
        return draft.summary(cursor=people[-1].person_id)

    def _seals(self, count: int) -> list[bytes]:
        """Draw fresh seals, all of a chunk at once."""
        noise = self.random_bytes(SEAL_BYTES * count)
        return [noise[at : at + SEAL_BYTES] for at in range(0, len(noise), SEAL_BYTES)]

    def _composer(self, campaign: Campaign) -> Composer:
        if campaign.template is None:
            raise ValueError(f"campaign {campaign.token} reached planning without a template")
        spec = campaign.spec
        return Composer(
            campaign.template, spec.bindings, public_url=self.policy.public_url, offer_ends_at=spec.offer_ends_at
        )

    def _row(
        self, draft: "_Draft", campaign: Campaign, composer: Composer, person: Candidate, seal: bytes
    ) -> PlannedRecipient | None:
        """Freeze one person, or count them out."""
        address = person.phone or person.bsuid or ""
        reason = _verdict(person.standing, person.country, person.is_capped, person.is_duplicate)
        if reason is not None:
            draft.exclude(reason, address)
            return None
        attributes = attributes_of(person)
        composed = composer.compose(attributes, token=self.new_token)
        if composed.missing or composed.is_too_long:
            draft.leave_out(composed, address)
            return None
        draft.keep(composed, campaign, attributes)
        return PlannedRecipient(
            person.person_id,
            person.identity,
            address,
            composed.components_json,
            person.market,
            person.country,
            seal,
            composed.links,
        )

    def _finish(self, tx: Transaction, campaign: Campaign, plan: PlanSummary, now: Millis) -> None:
        if plan.recipients == 0:
            _send_back(tx, campaign, "Nobody in this audience can be sent to; the preview says why.", now, plan)
            return
        estimate = rates.estimate(plan.by_market, self.card, *self._arrivals(tx, campaign, plan, now))
        plan = replace(
            plan,
            is_complete=True,
            cost_ceiling=estimate.total,
            currency=estimate.currency,
            rates=dict(estimate.rates),
            rate_card=estimate.card,
        )
        campaign = replace(campaign, plan=plan)
        campaign = tx.campaigns.change(
            campaign,
            state=CampaignState.IN_REVIEW,
            plan=plan,
            digest=digest_of(campaign),
            approval_expires_at=Millis(now + self.policy.approval_lifetime),
        )
        recording.record(tx, campaign, "planned", "arauto", now, recipients=plan.recipients)
        tx.cards.want(campaign.id, "approval", self.policy.approval_channel)

    def _arrivals(self, tx: Transaction, campaign: Campaign, plan: PlanSummary, now: Millis) -> tuple[Millis, Millis]:
        """Say when the first message may arrive, and the last one if nobody pauses: the days whose prices count.

        Everything takes as long as it may: the decision, the start, the sending, the one more try, the delivery.
        """
        spec, policy = campaign.spec, self.policy
        first = max(now, spec.scheduled_at or now)
        decided = first + (policy.approval_lifetime if spec.scheduled_at is None else policy.late_launch)
        number = tx.numbers.get(spec.phone_number_id) or NumberStatus(phone_number_id=spec.phone_number_id)
        seconds = sending_seconds(plan.recipients, policy.pace_of(number.granted_mps)) + lifetime_of(campaign)
        last = decided + policy.approval_lifetime + policy.cap_retry_after + seconds * SECOND
        return Millis(first), Millis(last if spec.offer_ends_at is None else min(last, spec.offer_ends_at))


def facts_of(person: Candidate) -> Facts:
    """Give what decides about a person."""
    return Facts(
        standing=person.standing,
        country=person.country,
        is_capped=person.is_capped,
        is_duplicate=person.is_duplicate,
    )


# A million people are alike in a few hundred ways. What is remembered follows from the arguments alone: who stops has
# another standing (benchmarks/planning.py).
@lru_cache(maxsize=4096)
def _verdict(standing: Standing, country: str, is_capped: bool, is_duplicate: bool) -> Exclusion | None:  # noqa: FBT001
    return verdict(Facts(standing=standing, country=country, is_capped=is_capped, is_duplicate=is_duplicate))


def attributes_of(person: Candidate | Person) -> Mapping[str, str]:
    """Gather what `{{name}}` and its like may take; the reserved names win over columns of the same name."""
    return {
        **person.attributes,
        "name": person.name,
        "phone": person.phone or "",
        "language": person.language,
    }


def _send_back(tx: Transaction, campaign: Campaign, reason: str, now: Millis, plan: PlanSummary | None = None) -> None:
    """Return a campaign that cannot be planned to its author, with the reason."""
    campaign = tx.campaigns.change(
        campaign, state=CampaignState.CHANGES_REQUESTED, reason=reason, plan=plan or campaign.plan
    )
    recording.record(tx, campaign, "sent_back", "arauto", now, reason=reason)
    text = (
        f"*{campaign.spec.name}* (`{campaign.token}`) was not submitted: {reason} "
        f"`/campaign edit {campaign.token}` opens it again."
    )
    narrating.tell_person(tx, campaign.created_by, f"campaign {campaign.id} v{campaign.version}: sent back", text, now)


class _Draft:
    """The counts of a plan while a chunk is added."""

    def __init__(self, plan: PlanSummary) -> None:
        self._plan = plan
        self._chain = plan.chain
        self._matched = plan.matched
        self._recipients = plan.recipients
        self._excluded = Counter(plan.excluded)
        self._samples = {reason: list(found) for reason, found in plan.samples.items()}
        self._by_country = Counter(plan.by_country)
        self._by_market = Counter(plan.by_market)
        self._fallbacks = Counter(plan.fallbacks)
        self._missing = Counter(plan.missing)
        self._examples = list(plan.examples)

    def exclude(self, reason: Exclusion, address: str) -> None:
        self._matched += 1
        self._excluded[str(reason)] += 1
        samples = self._samples.setdefault(str(reason), [])
        if len(samples) < SAMPLES and address:
            samples.append(mask(address))

    def leave_out(self, composed: Composed, address: str) -> None:
        self._missing.update(composed.missing)
        self.exclude(Exclusion.MISSING_VALUE if composed.missing else Exclusion.TOO_LONG, address)

    def keep(self, composed: Composed, campaign: Campaign, attributes: Mapping[str, str]) -> None:
        if composed.fallbacks:
            self._fallbacks.update(composed.fallbacks)
        if len(self._examples) < EXAMPLES and campaign.template is not None:
            values = filled_in(campaign.template, campaign.spec.bindings, {**attributes, "phone": "…"})
            self._examples.append(preview(campaign.template, values).text)

    def include(self, rows: Sequence[PlannedRecipient]) -> None:
        self._matched += len(rows)
        self._recipients += len(rows)
        self._by_country.update([row.country for row in rows])
        self._by_market.update([row.market for row in rows])
        self._chain = chain_all(self._chain, [(row.identity, row.address, row.parameters, row.seal) for row in rows])

    def summary(self, *, cursor: int) -> PlanSummary:
        return replace(
            self._plan,
            matched=self._matched,
            recipients=self._recipients,
            excluded=dict(self._excluded),
            samples=self._samples,
            by_country=dict(self._by_country),
            by_market=dict(self._by_market),
            fallbacks=dict(self._fallbacks),
            missing=dict(self._missing),
            examples=self._examples,
            chain=self._chain,
            cursor=cursor,
            cost_ceiling=Decimal(0),
        )

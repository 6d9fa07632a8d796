"""Previewing an audience: the waterfall of `/audience preview`, with price, duration and head-room."""

from bot.domain.audience import AudienceRule, waterfall
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY, Millis
from bot.domain.preview import Preview
from bot.domain.rates import RateCard, estimate
from bot.domain.schedule import sending_seconds
from bot.ports.storage import Transaction


def preview(
    tx: Transaction,
    rule: AudienceRule,
    *,
    cap: FrequencyCap | None,
    card: RateCard,
    messages_per_second: float,
    messaging_limit: int | None,
    now: Millis,
) -> Preview:
    """Judge everybody who matches a rule, as of now; writes nothing.

    Which people lack a value for a variable is only known once a template is chosen: the plan adds that step.
    """
    fall = waterfall(tx.people.groups(rule, cap, now))
    return Preview(
        waterfall=fall,
        estimate=estimate(fall.by_market, card, now),
        sending_seconds=sending_seconds(fall.will_be_sent, messages_per_second),
        messaging_limit=messaging_limit,
        messaged=tx.recipients.people_messaged_since(Millis(now - DAY)),
    )

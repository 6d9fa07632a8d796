"""Every view once, as people usually see it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.audience import Audience, AudienceRule, Waterfall
from bot.domain.campaign import CampaignState
from bot.domain.consent import ConsentEvent, ConsentKind, Exclusion, Standing
from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.instants import DAY, HOUR, MINUTE, Millis
from bot.domain.people_sheet import AudienceSheet, ImportSheet, PersonSheet, RefusedRow
from bot.domain.sheet import (
    CampaignForm,
    CampaignSheet,
    Decision,
    Difference,
    DigestSheet,
    HomeSheet,
    NumberHealth,
    Outcome,
    Reason,
)
from bot.domain.template import variables
from bot.ports.chat import ChatMessage
from bot.ports.records import DigestSchedule
from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views import template_parts
from bot.slack.views.approval_card import approval_card
from bot.slack.views.audience_modal import audience_modal
from bot.slack.views.audience_preview import audience_list, audience_preview
from bot.slack.views.campaign_list import campaign_list
from bot.slack.views.campaign_modal import campaign_modal
from bot.slack.views.confirm_modal import confirm_modal
from bot.slack.views.decision_notice import decision_notice
from bot.slack.views.digest import digest, digest_list
from bot.slack.views.help import HELP, help_message, unknown_subcommand
from bot.slack.views.home import home
from bot.slack.views.in_doubt_modal import in_doubt_modal
from bot.slack.views.live_card import live_card
from bot.slack.views.optins_modal import importing_modal, optins_modal
from bot.slack.views.optins_report import optins_report
from bot.slack.views.person import person, person_unknown, resumed, stopped
from bot.slack.views.planning import planning_notice, submitted_notice
from bot.slack.views.problem import problem, problem_modal
from bot.slack.views.reason_modal import changes_modal, reject_modal
from bot.slack.views.templates_list import templates_list
from tests.slack.builders import (
    NOW,
    a_campaign,
    a_funnel,
    a_line,
    a_sheet,
    a_spec,
    a_template,
)

View = Mapping[str, Any]
REF = CampaignRef("7Q2K", 2, "d1" * 32)
MASK = "+44 7700 *****-123"


def usual_messages() -> dict[str, ChatMessage]:
    return {**_usual_cards(), **_usual_answers(), **{f"help_{name[1:]}": help_message(name) for name in HELP}}


def usual_views() -> dict[str, View]:
    template = a_template(last_updated_at=Millis(NOW - 30 * DAY), quality="YELLOW")
    form = CampaignForm(
        name="Spring sale",
        template_id=template.id,
        template_label="spring_sale (en_US)",
        audience_id=3,
        audience_label="Returning customers",
        ttl_seconds=86_400,
        scheduled_at=Millis(NOW + DAY),
        offer_ends_at=Millis(NOW + 5 * DAY),
        channel="C0MARKETING",
        bindings=a_spec().bindings,
    )
    warnings = template_parts.warnings(
        template, now=NOW, wait_seconds=600, ttl_seconds=86_400, other_campaigns=["Easter"]
    )
    return {
        "campaign_modal_empty": campaign_modal(),
        "campaign_modal_filled": campaign_modal(
            template=template,
            variables=variables(template),
            initial=form,
            campaign_id="7Q2K",
            warnings=warnings,
            click_url="https://news.example/c/{{1}}",
        ),
        "confirm_modal": confirm_modal(a_sheet()),
        "reject_modal": reject_modal(REF, "Spring sale"),
        "changes_modal": changes_modal(REF, "Spring sale"),
        "in_doubt_modal": in_doubt_modal(REF, "Spring sale", 2),
        "audience_modal": audience_modal(known_tags=["garden", "vip"]),
        "optins_modal": optins_modal(),
        "importing_modal": importing_modal("spring-fair.csv"),
        "problem_modal": problem_modal(ConflictError("Bruno approved this campaign a moment ago."), reference="4f2a"),
        "home": home(_home()),
        "home_empty": home(HomeSheet(now=NOW)),
    }


def _usual_cards() -> dict[str, ChatMessage]:
    approved = a_campaign(CampaignState.APPROVED, approved_by="U0BRUNO", approved_at=NOW)
    scheduled = a_spec(scheduled_at=Millis(NOW + HOUR), offer_ends_at=Millis(NOW + 3 * DAY), ttl_seconds=43_200)
    paused = a_campaign(CampaignState.PAUSED, reason="Ana wants to check the link.")
    held = a_campaign(
        CampaignState.SENDING, hold_until=Millis(NOW + 10 * MINUTE), reason="the template is being woken up"
    )
    rejected = Decision(outcome=Outcome.REJECTED, at=NOW, by="U0BRUNO", reason="The discount is 15%, not 20%.")
    return {
        "approval_card": approval_card(a_sheet()),
        "approval_card_with_ttl_and_offer": approval_card(_warned(a_sheet(campaign=a_campaign(spec=scheduled)))),
        "approval_card_changed": approval_card(a_sheet(changes=[Difference("Audience", "Everyone", "Returning")])),
        "approval_card_approved": approval_card(a_sheet(campaign=approved)),
        "approval_card_rejected": approval_card(a_sheet(CampaignState.REJECTED, decision=rejected)),
        "approval_card_expired": approval_card(a_sheet(decision=Decision(outcome=Outcome.EXPIRED, at=NOW))),
        "approval_card_superseded": approval_card(a_sheet(decision=Decision(outcome=Outcome.SUPERSEDED, at=NOW))),
        "approval_card_withdrawn": approval_card(a_sheet(CampaignState.CANCELLED)),
        "decision_notice": decision_notice(a_sheet(), replace(rejected, outcome=Outcome.CHANGES_REQUESTED)),
        "live_card_approved": live_card(a_sheet(campaign=approved)),
        "live_card_sending": live_card(_sending()),
        "live_card_held": live_card(_sending(campaign=held)),
        "live_card_paused": live_card(_sending(campaign=paused)),
        "live_card_closed": live_card(a_sheet(CampaignState.CLOSED, funnel=a_funnel(in_doubt=0))),
        "digest": digest(a_digest()),
        "digest_empty": digest(replace(a_digest(), campaigns=[], is_late=False)),
    }


def _usual_answers() -> dict[str, ChatMessage]:
    broken = a_template(id="2", name="carousel_may", components=({"type": "CAROUSEL"},), quality="RED")
    schedule = DigestSchedule(
        id=1, channel="C0MARKETING", kind="weekly", at="09:00", zone="Europe/Lisbon", created_by="U0ANA", created_at=NOW
    )
    return {
        "audience_preview": audience_preview(an_audience()),
        "audience_list": audience_list([an_audience().audience]),
        "audience_list_empty": audience_list([]),
        "campaign_list": campaign_list([a_line(), a_line(state=CampaignState.IN_REVIEW, token="9XZ1")]),
        "campaign_list_empty": campaign_list([]),
        "digest_list": digest_list([schedule]),
        "digest_list_empty": digest_list([]),
        "templates_list": templates_list([a_template(), broken], synced_at=NOW),
        "templates_list_empty": templates_list([], search="easter"),
        "optins_report": optins_report(an_import()),
        "person": person(a_person()),
        "person_unknown": person_unknown(MASK),
        "person_stopped": stopped(MASK, Standing.OPTED_IN),
        "person_stopped_before": stopped(MASK, Standing.OPTED_IN | Standing.STOPPED),
        "person_resumed": resumed(MASK, Standing.OPTED_IN),
        "person_resumed_but_for_whatsapp": resumed(MASK, Standing.OPTED_IN | Standing.WHATSAPP_STOPPED),
        "planning_notice": planning_notice("Spring sale", "7Q2K", counted=12_000),
        "submitted_notice": submitted_notice("Spring sale", "7Q2K", approval_channel="C0APPROVALS", recipients=12_345),
        "problem": problem(InvalidInputError("“9 o'clock” is not a time; write HH:MM, like 09:00."), reference="4f2a"),
        "problem_unexpected": problem(RuntimeError("inner detail"), reference="4f2a"),
        "unknown_subcommand": unknown_subcommand(ids.COMMAND_CAMPAIGN, "puase"),
    }


def _sending(**changes: Any) -> CampaignSheet:
    sheet = a_sheet(
        CampaignState.SENDING,
        funnel=a_funnel(),
        failures=[
            Reason("Not reachable on WhatsApp", 18, "Nothing to do: they may have left WhatsApp."),
            Reason("Too many marketing messages for this person", 12, "Arauto tries once more in 24 hours."),
        ],
        cost_so_far=Decimal("68.75"),
        eta=Millis(NOW + 3 * MINUTE),
    )
    return replace(sheet, **changes)


def _warned(sheet: CampaignSheet) -> CampaignSheet:
    return replace(
        sheet,
        needs_wakeup=True,
        headroom=10_000,
        other_campaigns=["Easter greetings"],
        last_safe_launch=Millis(NOW + 60 * HOUR),
        warnings=["Half of these people got a campaign yesterday."],
    )


def _home() -> HomeSheet:
    number = NumberHealth(display="+1 202-555-0100", granted_mps=80, pace=72.4, quality="GREEN", messaged_24h=1_204)
    resting = replace(number, rests_until=Millis(NOW + MINUTE), in_doubt=2, messaging_limit=10_000, quality="UNKNOWN")
    waiting = a_line(state=CampaignState.IN_REVIEW, token="9XZ1", figures={}, created_by="U0CARLA")
    return HomeSheet(now=NOW, mine=[a_line()], waiting=[waiting], numbers=[number, resting])


def a_digest() -> DigestSheet:
    return DigestSheet(
        kind="daily",
        since=Millis(NOW - DAY),
        until=NOW,
        zone="Europe/Lisbon",
        campaigns=[a_line(), a_line(name="Easter", token="9XZ1", link=None, state=CampaignState.CLOSED)],
        is_late=True,
    )


def an_audience() -> AudienceSheet:
    rule = AudienceRule(tags_any=frozenset({"garden", "vip"}), countries=frozenset({"BR"}), not_messaged_days=7)
    fall = Waterfall()
    fall.exclude(Exclusion.NO_OPT_IN, 1_200, [MASK])
    fall.exclude(Exclusion.STOPPED, 310)
    fall.include("BR", "Brazil", 9_000)
    return AudienceSheet(
        audience=Audience(id=3, name="Returning customers", rule=rule, created_by="U0ANA", created_at=NOW),
        waterfall=fall,
        cost_ceiling=Decimal("562.50"),
        currency="USD",
        rate_card="Meta USD, 2026-07-01",
        duration_seconds=112.5,
        max_mps=80,
        headroom=2_000,
    )


def an_import() -> ImportSheet:
    return ImportSheet(
        file_name="spring-fair.csv",
        source="Spring fair",
        rows=120,
        added=80,
        updated=20,
        unchanged=17,
        refused=3,
        kept_stopped=2,
        first_refused=[RefusedRow(14, "the number has no + and country code", "07700 *****-12")],
    )


def a_person() -> PersonSheet:
    opted_in = ConsentEvent(
        kind=ConsentKind.OPT_IN,
        at=Millis(NOW - 90 * DAY),
        source="Spring fair",
        wording="Yes, send me offers on WhatsApp",
        evidence="import 12, line 40",
        actor="U0ANA",
    )
    stop = ConsentEvent(kind=ConsentKind.STOP, at=Millis(NOW - DAY), source="WhatsApp message", wording="STOP")
    return PersonSheet(
        address=MASK,
        standing=Standing.OPTED_IN | Standing.STOPPED,
        country="GB",
        language="en",
        tags=["garden"],
        opted_in_at=Millis(NOW - 90 * DAY),
        history=[opted_in, stop],
    )

"""Every view pushed to the extremes of what people can type and count."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.audience import Audience, AudienceRule, Waterfall
from bot.domain.campaign import CampaignState, ProductPolicy
from bot.domain.consent import ConsentEvent, ConsentKind, Exclusion
from bot.domain.errors import InvalidInputError
from bot.domain.funnel import Funnel
from bot.domain.instants import DAY, Millis
from bot.domain.people_sheet import AudienceSheet, ImportSheet, PersonSheet, RefusedRow
from bot.domain.sheet import (
    CampaignForm,
    CampaignSheet,
    Decision,
    Difference,
    HomeSheet,
    Milestone,
    NumberHealth,
    Outcome,
    Reason,
)
from bot.domain.template import variables
from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.views import template_parts
from bot.slack.views.approval_card import approval_card
from bot.slack.views.audience_modal import audience_modal
from bot.slack.views.audience_preview import audience_list, audience_preview
from bot.slack.views.campaign_list import campaign_list
from bot.slack.views.campaign_modal import campaign_modal
from bot.slack.views.confirm_modal import confirm_modal
from bot.slack.views.decision_notice import decision_notice
from bot.slack.views.digest import digest
from bot.slack.views.help import unknown_subcommand
from bot.slack.views.home import home
from bot.slack.views.in_doubt_modal import in_doubt_modal
from bot.slack.views.live_card import live_card
from bot.slack.views.milestones import milestone
from bot.slack.views.optins_modal import importing_modal
from bot.slack.views.optins_report import optins_report
from bot.slack.views.person import person
from bot.slack.views.planning import planning_notice, submitted_notice
from bot.slack.views.problem import problem, problem_modal
from bot.slack.views.reason_modal import changes_modal, reject_modal
from bot.slack.views.templates_list import templates_list
from tests.slack.builders import (
    HOSTILE,
    NOW,
    a_campaign,
    a_funnel,
    a_line,
    a_plan,
    a_spec,
    a_template,
    component,
)
from tests.slack.gallery import REF, View, a_digest, a_person, an_audience, an_import

LONG = (HOSTILE * 20)[:200]
VERY_LONG = (HOSTILE * 100)[:1_024]
MILLION = 1_000_000


def extreme_messages() -> dict[str, ChatMessage]:
    sheet = _extreme_sheet()
    lines = [a_line(name=LONG, token=f"T{index}", cost=Decimal(MILLION)) for index in range(100)]
    every = {f"approval_{one}": approval_card(replace(sheet, decision=_extreme_decision(one))) for one in Outcome}
    live = {
        f"live_{state}": live_card(replace(sheet, campaign=replace(sheet.campaign, state=state)))
        for state in CampaignState
    }
    notices = {f"notice_{one}": decision_notice(sheet, _extreme_decision(one)) for one in Outcome}
    said = {f"said_{one}": ChatMessage(milestone(one, sheet, actor="U0ANA")) for one in Milestone}
    return {
        **every,
        **live,
        **notices,
        **said,
        "approval": approval_card(sheet),
        "digest": digest(replace(a_digest(), campaigns=lines)),
        "campaign_list": campaign_list(lines),
        "audience_preview": audience_preview(_extremean_audience()),
        "audience_list": audience_list([_extremean_audience().audience] * 100),
        "templates": templates_list([_extreme_template()] * 100, synced_at=NOW),
        "templates_previewed": templates_list([_extreme_template()] * 3, refusals={"1407": LONG}),
        "templates_none": templates_list([], search=LONG),
        "import": optins_report(_extremean_import()),
        "person": person(_extremea_person()),
        "problem": problem(InvalidInputError(VERY_LONG * 4)),
        "planning": planning_notice(LONG, "7Q2K", counted=MILLION),
        "submitted": submitted_notice(LONG, "7Q2K", approval_channel="C0MARKETING", recipients=MILLION),
        "unknown": unknown_subcommand(ids.COMMAND_DIGEST, VERY_LONG),
    }


def extreme_views() -> dict[str, View]:
    template, sheet = _extreme_template(), _extreme_sheet()
    spec = sheet.campaign.spec
    form = CampaignForm(
        name=LONG,
        template_id="1407",
        template_label=LONG,
        audience_id=MILLION,
        audience_label=LONG,
        ttl_seconds=100_000,
        policy=ProductPolicy.CLOUD_API_FALLBACK,
        bindings=spec.bindings,
    )
    lines = [a_line(name=LONG, token=f"T{index}") for index in range(100)]
    number = NumberHealth(
        display=LONG,
        granted_mps=1_000,
        pace=999.9,
        quality="RED",
        messaging_limit=MILLION,
        messaged_24h=MILLION,
        in_doubt=MILLION,
        rests_until=Millis(NOW + DAY),
        blocked=VERY_LONG,
    )
    return {
        "campaign_modal": campaign_modal(
            template=template,
            variables=variables(template),
            initial=form,
            notice=VERY_LONG,
            has_offer=True,
            warnings=[template_parts.ttl_warning([LONG] * 50)],
        ),
        "confirm": confirm_modal(sheet),
        "reject": reject_modal(REF, LONG),
        "changes": changes_modal(REF, LONG),
        "in_doubt": in_doubt_modal(REF, LONG, MILLION),
        "audience": audience_modal(known_tags=[LONG] * 100, name=LONG),
        "importing": importing_modal(LONG),
        "problem": problem_modal(InvalidInputError(VERY_LONG * 4), title=LONG),
        "home": home(HomeSheet(now=NOW, mine=lines, waiting=lines, numbers=[number] * 50)),
    }


def _extreme_template() -> Any:
    body = " ".join(f"{{{{{index}}}}}" for index in range(1, 9)) + VERY_LONG[:1_000]
    buttons = [{"type": "URL", "text": LONG[:25], "url": f"https://news.example/{'x' * 1900}{{{{1}}}}"}] * 2
    parts = (
        component("HEADER", format="TEXT", text=LONG[:60]),
        component("BODY", text=body),
        component("FOOTER", text=LONG[:60]),
        component("BUTTONS", buttons=buttons),
    )
    return a_template(name=LONG * 2, language=LONG, category="MARKETING", components=parts, quality="RED")


def _extreme_sheet() -> CampaignSheet:
    spec = a_spec(
        name=LONG,
        ttl_seconds=43_200,
        scheduled_at=Millis(NOW + DAY),
        offer_ends_at=Millis(NOW + 5 * DAY),
        policy=ProductPolicy.CLOUD_API_FALLBACK,
        activity_sharing=True,
        bindings={**{f"body:{index}": VERY_LONG for index in range(10)}, "button:0": VERY_LONG},
    )
    plan = a_plan(
        matched=100 * MILLION,
        recipients=MILLION,
        excluded={**{str(reason): MILLION for reason in Exclusion}, **{f"r{n} {LONG}": MILLION for n in range(100)}},
        samples={str(reason): [LONG] * 9 for reason in Exclusion},
        by_country={f"{n}{LONG}": MILLION for n in range(240)},
        fallbacks={f"{n}{LONG}": MILLION for n in range(10)},
        missing={f"{n}{LONG}": MILLION for n in range(10)},
        cost_ceiling=Decimal("123456789.99"),
        rate_card=LONG,
        examples=[VERY_LONG] * 5,
    )
    campaign = a_campaign(spec=spec, plan=plan, template=_extreme_template(), reason=VERY_LONG, token="T" * 12)
    tallies = dict.fromkeys(a_funnel().tallies, MILLION)
    skipped = {f"skipped:{n}{LONG}": MILLION for n in range(100)}
    return CampaignSheet(
        campaign=replace(campaign, approved_by="U0BRUNO", hold_until=Millis(NOW + DAY)),
        funnel=Funnel({**tallies, **skipped}, MILLION),
        now=NOW,
        audience_name=LONG,
        number=LONG,
        duration_seconds=9_999_999,
        max_mps=1_000,
        headroom=3,
        last_safe_launch=NOW,
        needs_wakeup=True,
        other_campaigns=[LONG] * 50,
        warnings=[VERY_LONG] * 20,
        changes=[Difference(LONG, VERY_LONG, VERY_LONG)] * 50,
        failures=[Reason(VERY_LONG, MILLION, VERY_LONG)] * 50,
        cost_so_far=Decimal("123456789.99"),
        eta=Millis(NOW + DAY),
    )


def _extreme_decision(outcome: Outcome) -> Decision:
    return Decision(outcome=outcome, at=NOW, by="U0BRUNO", reason=VERY_LONG)


def _extremean_audience() -> AudienceSheet:
    values = frozenset(f"{n}{LONG}" for n in range(50))
    rule = AudienceRule(
        tags_any=values,
        tags_all=values,
        tags_none=values,
        countries=values,
        languages=values,
        not_messaged_days=MILLION,
    )
    fall = Waterfall()
    for reason in Exclusion:
        fall.exclude(reason, MILLION, [LONG] * 9)
    for n in range(240):
        fall.include(f"{n}{LONG}", f"{n}{LONG}", MILLION)
    audience = Audience(id=3, name=LONG, rule=rule, created_by="U0ANA", created_at=NOW)
    return replace(an_audience(), audience=audience, waterfall=fall, rate_card=LONG)


def _extremean_import() -> ImportSheet:
    rows = [RefusedRow(MILLION + n, VERY_LONG, VERY_LONG) for n in range(100)]
    return replace(an_import(), file_name=LONG, source=VERY_LONG, refused=MILLION, first_refused=rows, is_dry_run=True)


def _extremea_person() -> PersonSheet:
    event = ConsentEvent(
        kind=ConsentKind.STOP, at=NOW, source=VERY_LONG, wording=VERY_LONG, evidence=VERY_LONG, actor=LONG
    )
    return replace(a_person(), tags=[LONG] * 100, history=[event] * 100, country=LONG, language=LONG, failures=MILLION)

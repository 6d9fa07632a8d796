"""Builders of what the views show: plausible by default, every part replaceable."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState
from bot.domain.funnel import Funnel
from bot.domain.instants import DAY, HOUR, Millis
from bot.domain.plan import PlanSummary
from bot.domain.sheet import CampaignLine, CampaignSheet, Doubts
from bot.domain.template import Template

#: 2026-11-20 09:00 UTC.
NOW = Millis(1_795_165_200_000)
HOSTILE = "<!channel> & <@U0EVE> <https://evil.example|click> *bold* `code` 😀 "

COMPONENTS: tuple[Mapping[str, Any], ...] = (
    {"type": "HEADER", "format": "TEXT", "text": "Spring is here"},
    {"type": "BODY", "text": "Hi {{first_name}}, everything in the garden shop is {{discount}} off until Sunday."},
    {"type": "FOOTER", "text": "Reply STOP to opt out"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "URL", "text": "See the offers", "url": "https://news.example/c/{{1}}"},
            {"type": "QUICK_REPLY", "text": "Stop promotions"},
        ],
    },
)


def component(kind: str, **parts: Any) -> Mapping[str, Any]:
    return {"type": kind, **parts}


def a_template(**changes: Any) -> Template:
    template = Template(
        id="1407",
        name="spring_sale",
        language="en_US",
        status="APPROVED",
        category="MARKETING",
        components=COMPONENTS,
        parameter_format="NAMED",
        ttl_seconds=None,
        quality="GREEN",
        last_updated_at=Millis(NOW - DAY),
    )
    return replace(template, **changes)


def a_spec(**changes: Any) -> CampaignSpec:
    spec = CampaignSpec(
        name="Spring sale",
        template_id="1407",
        audience_id=3,
        channel="C0MARKETING",
        phone_number_id="1065",
        bindings={
            "body:first_name": "{{first_name|friend}}",
            "body:discount": "20%",
            "button:0": "https://shop.example/spring",
        },
    )
    return replace(spec, **changes)


def a_plan(**changes: Any) -> PlanSummary:
    plan = PlanSummary(
        matched=14_000,
        recipients=12_345,
        excluded={"stopped": 310, "no_opt_in": 1_200, "unreachable_country": 145},
        samples={"no_opt_in": ["+44 7700 *****-123"], "stopped": ["+44 7700 *****-456", "+44 7700 *****-789"]},
        by_country={"BR": 9_000, "PT": 3_000, "GB": 345},
        by_market={"Brazil": 9_000, "Rest of Western Europe": 3_345},
        fallbacks={"first_name": 412},
        missing={"coupon": 7},
        cost_ceiling=Decimal("771.5625"),
        currency="USD",
        rates={"Brazil": Decimal("0.0625")},
        rate_card="Meta USD, 2026-07-01",
        is_complete=True,
        examples=["+44 7700 *****-123: Hi Ana, everything in the garden shop is 20% off until Sunday."],
        planned_at=NOW,
    )
    return replace(plan, **changes)


def a_campaign(state: CampaignState = CampaignState.IN_REVIEW, **changes: Any) -> Campaign:
    campaign = Campaign(
        id=CampaignId(12),
        token="7Q2K",
        spec=a_spec(),
        state=state,
        version=2,
        revision=5,
        created_by="U0ANA",
        team="T0ARAUTO",
        created_at=Millis(NOW - 2 * HOUR),
        template=a_template(),
        plan=a_plan(),
        digest="d1" * 32,
        submitted_at=Millis(NOW - HOUR),
        approval_expires_at=Millis(NOW + 3 * DAY),
    )
    return replace(campaign, **changes)


def a_sheet(state: CampaignState = CampaignState.IN_REVIEW, **changes: Any) -> CampaignSheet:
    sheet = CampaignSheet(
        campaign=a_campaign(state),
        funnel=Funnel({}),
        now=NOW,
        audience_name="Returning customers",
        number="+1 202-555-0100, Feira Norte",
        timezone="America/Sao_Paulo",
        duration_seconds=154.0,
        max_mps=80,
        headroom=90_000,
    )
    sheet = replace(sheet, **changes)
    return sheet if "doubts" in changes else replace(sheet, doubts=Doubts(open=sheet.funnel["in_doubt"]))


def a_funnel(meta_clicks: int = 44, **changes: int) -> Funnel:
    tallies = {
        "planned": 2_000,
        "waiting": 740,
        "sending": 10,
        "sent": 1_204,
        "delivered": 1_100,
        "read": 450,
        "clicked": 37,
        "failed": 21,
        "refused": 9,
        "in_doubt": 2,
        "expired": 5,
        "skipped": 31,
        "skipped:stopped": 30,
        "skipped:frequency_cap": 1,
        "lapsed": 4,
        "route:mm": 1_000,
        "route:cloud": 100,
        "delivery:held": 12,
    }
    return Funnel({**tallies, **changes}, meta_clicks)


def a_line(**changes: Any) -> CampaignLine:
    line = CampaignLine(
        token="7Q2K",
        name="Spring sale",
        state=CampaignState.SENDING,
        created_by="U0ANA",
        channel="C0MARKETING",
        recipients=2_000,
        figures=a_funnel().figures(),
        cost=Decimal("68.75"),
        link="https://feira-norte.slack.example/archives/C0MARKETING/p1",
    )
    return replace(line, **changes)

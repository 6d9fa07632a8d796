"""The parts of the approval card and of the confirming modal: figures, message, recipients, warnings."""

from bot.domain.campaign import CampaignState, ProductPolicy
from bot.domain.sheet import CampaignSheet
from bot.slack.views import reasons, template_parts
from bot.slack.views.parts import Block, fields, section
from bot.slack.views.phrases import (
    at_most,
    channel,
    code,
    date,
    duration,
    lifetime,
    line,
    number,
    people,
    quote,
)

_VARIABLES_SHOWN = 10
_CHANGES_SHOWN = 8
_WARNINGS_SHOWN = 5
_EXAMPLES_SHOWN = 2

_SHARING = {None: "As the WhatsApp account has it", True: "On", False: "Off"}


def figures(sheet: CampaignSheet) -> list[Block]:
    """Show everything an approval covers, label by label."""
    return fields([*_content(sheet), *_times(sheet), *_delivery(sheet)])


def cost(sheet: CampaignSheet) -> str:
    """Write the cost ceiling."""
    plan = sheet.campaign.plan
    return at_most(plan.cost_ceiling, plan.currency) if plan else "not known yet"


def template(sheet: CampaignSheet) -> str:
    """Name the template with its category."""
    found = sheet.campaign.template
    return f"{template_parts.title(found)}, {line(found.category.lower(), 20)}" if found else "none"


def launch(sheet: CampaignSheet) -> str:
    """Say when sending starts."""
    at = sheet.campaign.spec.scheduled_at
    if at is None:
        return "As soon as it is approved"
    is_over = at <= sheet.now and sheet.campaign.state is CampaignState.IN_REVIEW
    return f"As soon as it is approved: {date(at, sheet.timezone)} is over" if is_over else date(at, sheet.timezone)


def ttl(sheet: CampaignSheet) -> str:
    """Write the lifetime and whether launching changes the template for it."""
    seconds = sheet.lifetime_seconds
    if seconds is None:
        return "not known yet"
    found = sheet.campaign.template
    if not sheet.changes_ttl or found is None:
        return f"{lifetime(seconds)}, as the template has it"
    return f"{lifetime(seconds)} (the template has {lifetime(found.lifetime_seconds)}; launching changes it)"


def route(sheet: CampaignSheet) -> str:
    """Say which way the messages may go and what that does to their lifetime."""
    if sheet.campaign.spec.policy is ProductPolicy.STRICT:
        return "Marketing Messages only"
    return "Falls back to the Cloud API, which ignores the lifetime"


def message(sheet: CampaignSheet) -> list[Block]:
    """Show the message with its values, and as the first few people will read it."""
    found, plan = sheet.campaign.template, sheet.campaign.plan
    if found is None:
        return []
    blocks = [section(f"*The message*\n{template_parts.preview(found, sheet.campaign.spec.bindings)}")]
    examples = list(plan.examples)[:_EXAMPLES_SHOWN] if plan else []
    if examples:
        blocks.append(
            section("*As the first people will read it*\n" + "\n\n".join(quote(one, 400) for one in examples))
        )
    return blocks


def recipients(sheet: CampaignSheet) -> list[Block]:
    """Show who gets it, who does not and why, the countries, and whose values are missing."""
    plan = sheet.campaign.plan
    if plan is None:
        return []
    steps = reasons.some(reasons.steps(plan.excluded, plan.samples), _VARIABLES_SHOWN)
    rows = [f"{number(plan.matched)} in “{line(sheet.audience_name, 80)}”", *steps]
    blocks = [section("*Who gets it*\n" + "\n".join([*rows, f"= *{number(plan.recipients)} will be sent*"]))]
    if plan.by_country:
        blocks.append(section(f"*By country*\n{reasons.countries(plan.by_country)}"))
    missing = _missing(sheet)
    return [*blocks, section("*Missing values*\n" + "\n".join(missing))] if missing else blocks


def changes(sheet: CampaignSheet) -> list[Block]:
    """Show what differs from the version shown before."""
    rows = [f"{line(one.what, 40)}: {line(one.before, 60)} → *{line(one.after, 60)}*" for one in sheet.changes]
    return (
        [section("🔁 *Changed since the last card*\n" + "\n".join(reasons.some(rows, _CHANGES_SHOWN)))] if rows else []
    )


def warnings(sheet: CampaignSheet) -> list[Block]:
    """Show what an approver must know before deciding."""
    found = [template_parts.ttl_warning(sheet.other_campaigns)] if sheet.changes_ttl else []
    if sheet.needs_wakeup:
        found.append(template_parts.wakeup_warning(sheet.template_wait_seconds))
    plan = sheet.campaign.plan
    if plan and sheet.headroom is not None and plan.recipients > sheet.headroom:
        found.append(f"{_limit(sheet.headroom)} Sending stops there and goes on by itself when there is room again.")
    found += template_parts.own_words(sheet.warnings)
    return [section(template_parts.as_list(reasons.some(found, _WARNINGS_SHOWN)))] if found else []


def notes(sheet: CampaignSheet, *, is_open: bool) -> list[str]:
    """Say what the figures assume and, of an open request, until when it stands."""
    plan = sheet.campaign.plan
    card = f"List prices of {line(plan.rate_card, 60)}" if plan and plan.rate_card else "List prices"
    found = [f"{card}, before tax; assumes every message is delivered."]
    expires_at = sheet.campaign.approval_expires_at
    if is_open and expires_at is not None:
        found.append(f"Without a decision the request expires {date(expires_at, sheet.timezone)}.")
    return found


def _content(sheet: CampaignSheet) -> list[tuple[str, str]]:
    plan = sheet.campaign.plan
    return [
        ("Template", template(sheet)),
        ("Audience", line(sheet.audience_name, 100)),
        ("Will be sent to", people(plan.recipients) if plan else "not known yet"),
        ("Cost", cost(sheet)),
    ]


def _times(sheet: CampaignSheet) -> list[tuple[str, str]]:
    spec, found = sheet.campaign.spec, [("Starts", launch(sheet)), ("Lifetime", ttl(sheet))]
    if sheet.duration_seconds is not None:
        pace = f", at {number(round(sheet.max_mps))} a second" if sheet.max_mps else ""
        found.append(("Takes", duration(sheet.duration_seconds) + pace))
    if spec.offer_ends_at is not None:
        found.append(("Offer ends", date(spec.offer_ends_at, sheet.timezone)))
    if sheet.last_safe_launch is not None:
        found.append(("Last safe launch", date(sheet.last_safe_launch, sheet.timezone)))
    return found


def _delivery(sheet: CampaignSheet) -> list[tuple[str, str]]:
    room = "No limit" if sheet.headroom is None else people(max(sheet.headroom, 0))
    return [
        ("Room today", room),
        ("Route", route(sheet)),
        ("Activity sharing with Meta", _SHARING[sheet.campaign.spec.activity_sharing]),
        ("Sent from", line(sheet.number, 100)),
        ("Live figures in", channel(sheet.campaign.spec.channel)),
    ]


def _missing(sheet: CampaignSheet) -> list[str]:
    plan = sheet.campaign.plan
    if plan is None:
        return []
    shown = [f"{people(n)} will see the fallback of {code(name, 30)}" for name, n in plan.fallbacks.items() if n]
    left_out = [f"{people(n)} left out: no value for {code(name, 30)}" for name, n in plan.missing.items() if n]
    return reasons.some([*shown, *left_out], _VARIABLES_SHOWN)


def _limit(headroom: int) -> str:
    room = people(max(headroom, 0))
    return f"Meta's limit leaves room for {room} in the running 24 hours, fewer than this campaign has."

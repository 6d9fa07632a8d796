"""What is said in a campaign's thread, once each: one sentence or two that stand by themselves."""

from bot.domain.sheet import CampaignSheet, Milestone
from bot.slack.views.phrases import duration, line, number, people, share, user

_SENTENCES: dict[Milestone, str] = {
    Milestone.STARTED: "📤 {name} has started. {takes}",
    Milestone.HALF: "📈 Half of {name} is through: {settled} of {planned}.",
    Milestone.ALL_SENT: "📬 {name}: everything has left. {figures} Reports keep coming in.",
    Milestone.PAUSED: "⏸️ {name} was paused{by}{why}",
    Milestone.RESUMED: "▶️ {name} was resumed{by}. Nobody gets it twice.",
    Milestone.RESTARTED: "🔄 Arauto was restarted and goes on with {name}. {doubts}",
    Milestone.FAILED: "⚠️ {name} was stopped by a problem{why} When it is mended, press *Try again* on the card.",
    Milestone.TEMPLATE_PAUSED: "⏸️ Meta paused the template of {name}{why} Sending stops until Meta lets it go on.",
    Milestone.CANCELLED: "🚫 {name} was cancelled{by}{why} Nobody else gets the message.",
    Milestone.CLOSED: "🏁 {name} is closed. {figures} Read is a lower bound.",
}


def milestone(kind: Milestone, sheet: CampaignSheet, *, actor: str | None = None, detail: str = "") -> str:
    """Write a milestone.

    `actor` is the Slack user who did it; `detail` says why, or what to mend; without it the campaign's reason does.
    """
    reason = detail or sheet.campaign.reason or ""
    return _SENTENCES[kind].format(
        name=_name(sheet),
        by=f" by {user(actor)}" if actor else "",
        why=f": {_sentence(reason)}" if reason else ".",
        takes=_takes(sheet),
        settled=number(sheet.funnel.settled),
        planned=_planned(sheet),
        figures=_figures(sheet),
        doubts=_doubts(sheet),
    )


def _sentence(reason: str) -> str:
    written = line(reason, 500)
    return written if written.endswith((".", "!", "?", "…")) else f"{written}."


def _name(sheet: CampaignSheet) -> str:
    return f"*{line(sheet.campaign.spec.name, 120)}*"


def _planned(sheet: CampaignSheet) -> str:
    return people(sheet.funnel["planned"])


def _takes(sheet: CampaignSheet) -> str:
    time = f", which takes {duration(sheet.duration_seconds)}" if sheet.duration_seconds is not None else ""
    return f"It goes to {_planned(sheet)}{time}. Figures are on the card above."


def _doubts(sheet: CampaignSheet) -> str:
    count = sheet.funnel["in_doubt"]
    if not count:
        return "Nobody gets it twice."
    return f"{number(count)} may or may not have left when it stopped; they are in doubt until a person decides."


def _figures(sheet: CampaignSheet) -> str:
    funnel = sheet.funnel
    sent, delivered = funnel["sent"], funnel["delivered"]
    parts = [
        f"Sent {number(sent)}",
        f"Delivered {share(delivered, sent)}",
        f"Read {share(funnel['read'], delivered)}",
        f"Clicked {share(funnel['clicked'], delivered)}",
        f"Failed {number(funnel['failed'])}",
        f"Refused {number(funnel['refused'])}",
    ]
    return ", ".join(parts) + "."

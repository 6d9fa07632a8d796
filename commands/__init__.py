"""What people say to the bot in Slack: commands, buttons, modals, searches, shortcuts and events, each routed once."""

import re
from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp

from bot.domain.roles import Actor
from bot.slack import ids
from commands import (
    approval,
    audience,
    campaign,
    control,
    digest,
    draft,
    home,
    optins,
    optins_file,
    submission,
    templates,
)
from commands.desk import Desk, Workers
from commands.edge import Handler, edge
from commands.exchange import Exchange

__all__ = ["Desk", "Workers", "register"]

COMMANDS: Mapping[str, Handler] = {
    ids.COMMAND_CAMPAIGN: campaign.campaign,
    ids.COMMAND_AUDIENCE: audience.audience,
    ids.COMMAND_TEMPLATES: templates.templates,
    ids.COMMAND_OPTINS: optins.optins,
    ids.COMMAND_DIGEST: digest.digest,
}
BUTTONS: Mapping[str, Handler] = {
    ids.CAMPAIGN_APPROVE: approval.click_approve,
    ids.CAMPAIGN_REJECT: approval.click_reject,
    ids.CAMPAIGN_REQUEST_CHANGES: approval.click_request_changes,
    ids.CAMPAIGN_TEST_SEND: approval.test_send,
    ids.CAMPAIGN_EDIT: draft.click_edit,
    ids.CAMPAIGN_PAUSE: control.click_pause,
    ids.CAMPAIGN_RESUME: control.click_resume,
    ids.CAMPAIGN_CANCEL: control.click_cancel,
    ids.CAMPAIGN_REFRESH: control.refresh,
    ids.CAMPAIGN_RESOLVE_IN_DOUBT: control.ask_in_doubt,
    ids.TEMPLATE: draft.choose_template,
}
SUBMISSIONS: Mapping[str, Handler] = {
    ids.CAMPAIGN_NEW: submission.submit,
    ids.CAMPAIGN_CONFIRM: approval.confirm,
    ids.CAMPAIGN_REJECT_REASON: approval.reject,
    ids.CAMPAIGN_CHANGES_REASON: approval.request_changes,
    ids.CAMPAIGN_IN_DOUBT: control.resolve_in_doubt,
    ids.AUDIENCE_NEW: audience.save,
    ids.OPTINS_IMPORT: optins_file.take_file,
}
SEARCHES: Mapping[str, Handler] = {
    ids.TEMPLATE: draft.offer_templates,
    ids.AUDIENCE: draft.offer_audiences,
}
SHORTCUTS: Mapping[str, Handler] = {
    ids.CAMPAIGN_NEW_SHORTCUT: draft.shortcut,
    ids.CAMPAIGN_FROM_MESSAGE: draft.shortcut,
    ids.OPTINS_IMPORT_SHORTCUT: optins.open_import,
}
EVENTS: Mapping[str, Handler] = {
    "app_home_opened": home.opened,
}


def register(app: AsyncApp, desk: Desk) -> None:
    """Route everything Slack can send to its listener."""
    for command, handler in COMMANDS.items():
        app.command(command)(edge(desk, command, handler))
    for action, handler in BUTTONS.items():
        app.action(action)(edge(desk, action, handler))
    for callback, handler in SUBMISSIONS.items():
        app.view(callback)(edge(desk, callback, handler))
    for field, handler in SEARCHES.items():
        app.options(field)(edge(desk, f"search {field}", handler))
    for shortcut, handler in SHORTCUTS.items():
        app.shortcut(shortcut)(edge(desk, shortcut, handler))
    for event, handler in EVENTS.items():
        app.event(event)(edge(desk, event, handler))
    app.action(re.compile(f"^{ids.CAMPAIGN_OPEN}"))(edge(desk, ids.CAMPAIGN_OPEN, _nothing))


async def _nothing(_desk: Desk, _actor: Actor, exchange: Exchange) -> None:
    """Answer the click on a link, which the browser has followed already."""
    await exchange.accept()

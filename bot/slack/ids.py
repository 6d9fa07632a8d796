"""Every id that Slack sends back to us, each named once; commands, callbacks, actions and blocks.

They are part of the outer contract: tests and other tools rely on them, so a value never changes. In a modal the
`block_id` of an input equals its `action_id`.
"""

from typing import Final

# Slash commands.
COMMAND_CAMPAIGN: Final = "/campaign"
COMMAND_AUDIENCE: Final = "/audience"
COMMAND_TEMPLATES: Final = "/templates"
COMMAND_OPTINS: Final = "/optins"
COMMAND_DIGEST: Final = "/digest"

# Shortcuts.
CAMPAIGN_NEW_SHORTCUT: Final = "campaign_new_shortcut"
CAMPAIGN_FROM_MESSAGE: Final = "campaign_from_message"
OPTINS_IMPORT_SHORTCUT: Final = "optins_import_shortcut"

# Modals (`callback_id`).
CAMPAIGN_NEW: Final = "campaign_new"
CAMPAIGN_CONFIRM: Final = "campaign_confirm"
CAMPAIGN_REJECT_REASON: Final = "campaign_reject_reason"
CAMPAIGN_CHANGES_REASON: Final = "campaign_changes_reason"
CAMPAIGN_IN_DOUBT: Final = "campaign_in_doubt"
AUDIENCE_NEW: Final = "audience_new"
OPTINS_IMPORT: Final = "optins_import"
NOTICE: Final = "notice"
HOME: Final = "home"

# Buttons.
CAMPAIGN_APPROVE: Final = "campaign_approve"
CAMPAIGN_REJECT: Final = "campaign_reject"
CAMPAIGN_REQUEST_CHANGES: Final = "campaign_request_changes"
CAMPAIGN_TEST_SEND: Final = "campaign_test_send"
CAMPAIGN_EDIT: Final = "campaign_edit"
CAMPAIGN_PAUSE: Final = "campaign_pause"
CAMPAIGN_RESUME: Final = "campaign_resume"
CAMPAIGN_CANCEL: Final = "campaign_cancel"
CAMPAIGN_REFRESH: Final = "campaign_refresh"
CAMPAIGN_RESOLVE_IN_DOUBT: Final = "campaign_resolve_in_doubt"
#: Begins the id of every button that only opens a link: Slack reports the click all the same, and wants an answer.
CAMPAIGN_OPEN: Final = "campaign_open"

# Inputs of the campaign modal.
NAME: Final = "name"
TEMPLATE: Final = "template"
AUDIENCE: Final = "audience"
TTL: Final = "ttl"
SCHEDULE: Final = "schedule"
OFFER_ENDS: Final = "offer_ends"
POLICY: Final = "policy"
CHANNEL: Final = "channel"
VAR_PREFIX: Final = "var:"

#: The `ttl` choice that leaves the template as it is.
TTL_AS_TEMPLATE: Final = "template"

# Inputs of the audience modal (and `name`).
TAGS_ANY: Final = "tags_any"
TAGS_ALL: Final = "tags_all"
TAGS_NONE: Final = "tags_none"
COUNTRIES: Final = "countries"
LANGUAGES: Final = "languages"
NOT_MESSAGED_DAYS: Final = "not_messaged_days"

# Inputs of the opt-in modal.
FILE: Final = "file"
SOURCE: Final = "source"
WORDING: Final = "wording"

# Inputs of the reason and in-doubt modals.
REASON: Final = "reason"
RESOLUTION: Final = "resolution"
ASSUME_SENT: Final = "assume_sent"
SEND_AGAIN: Final = "send_again"

# Blocks that are looked up by name.
BLOCK_ACTIONS: Final = "actions"
BLOCK_UPDATED: Final = "updated"


def var_key(component: str, name: str) -> str:
    """Name the input of one template variable: component is header, body or button."""
    return f"{VAR_PREFIX}{component}:{name}"


def open_key(place: str, index: int) -> str:
    """Name one of several link buttons of a view: no two may share an id."""
    return f"{CAMPAIGN_OPEN}:{place}:{index}"


def binding_key(block_id: str) -> str | None:
    """Give the binding key (`body:first_name`) of a variable's input; None for any other input."""
    return block_id.removeprefix(VAR_PREFIX) if block_id.startswith(VAR_PREFIX) else None

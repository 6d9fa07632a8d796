"""The modal in which a marketer saves an audience: a rule over tags, countries, languages and recent campaigns."""

from collections.abc import Sequence

from bot.slack import ids
from bot.slack.views.parts import Block, context, field, modal, text_field
from bot.slack.views.phrases import plain

NAME_LENGTH = 75
_LIST_LENGTH = 500
_TAGS_SHOWN = 15


def audience_modal(*, known_tags: Sequence[str] = (), name: str = "") -> Block:
    """Build the modal; `known_tags` are offered as examples."""
    some = ", ".join(plain(tag, 30) for tag in known_tags[:_TAGS_SHOWN])
    tags = f"Separate with commas. In use: {some}" if some else "Separate with commas."
    days: Block = {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "3650"}
    blocks = [
        field(ids.NAME, "Name", text_field(max_length=NAME_LENGTH, initial=name, placeholder="Returning customers")),
        _list(ids.TAGS_ANY, "Has any of these tags", tags),
        _list(ids.TAGS_ALL, "Has all of these tags", "Separate with commas."),
        _list(ids.TAGS_NONE, "Has none of these tags", "Separate with commas."),
        _list(ids.COUNTRIES, "Countries", "Two-letter codes, separated by commas: BR, PT. Empty: every country."),
        _list(ids.LANGUAGES, "Languages", "As in the import, separated by commas: pt_BR, en. Empty: every language."),
        field(
            ids.NOT_MESSAGED_DAYS,
            "Not messaged in the last days",
            days,
            hint="Leaves out people who were sent a campaign within so many days.",
            optional=True,
        ),
        context("Only people who opted in and did not stop are ever written to, whatever the rule says."),
    ]
    return modal("New audience", blocks, callback_id=ids.AUDIENCE_NEW, submit="Save")


def _list(input_id: str, label: str, hint: str) -> Block:
    return field(input_id, label, text_field(max_length=_LIST_LENGTH), hint=hint, optional=True)

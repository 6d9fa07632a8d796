"""The modal in which a file of opt-ins is handed over, with where the consent comes from."""

from bot.slack import ids
from bot.slack.views.parts import Block, context, field, modal, section, text_field
from bot.slack.views.phrases import line

_SOURCE_LENGTH = 100
_WORDING_LENGTH = 1_000

_INTRODUCTION = "Bring in people who agreed to get marketing from you on WhatsApp. A stop is never lifted by an import."
_FILE_HINT = (
    "With a header row and a column “phone” (+ and country code). Optional: name, language, tags, opted_in_at, source, "
    "wording, and columns of your own. Up to 10 MB."
)
_NOTE = "A row that cannot be taken never stops the import: you get a list of them with the reasons."


def optins_modal() -> Block:
    """Build the modal."""
    upload: Block = {"type": "file_input", "filetypes": ["csv"], "max_files": 1}
    source = text_field(max_length=_SOURCE_LENGTH, placeholder="Checkout page, spring fair")
    wording = text_field(max_length=_WORDING_LENGTH, multiline=True, placeholder="Yes, send me offers on WhatsApp")
    hint = "The words they saw. They are kept as proof."
    blocks = [
        section(_INTRODUCTION),
        field(ids.FILE, "CSV file", upload, hint=_FILE_HINT),
        field(
            ids.SOURCE, "Where did they agree?", source, hint="For rows that do not say it themselves.", optional=True
        ),
        field(ids.WORDING, "What did they agree to?", wording, hint=hint, optional=True),
        context(_NOTE),
    ]
    return modal("Import opt-ins", blocks, callback_id=ids.OPTINS_IMPORT, submit="Import")


def importing_modal(file_name: str) -> Block:
    """Say that an import is running and where its result will appear."""
    text = f"⏳ Reading *{line(file_name, 150)}*. You can close this; the result comes to you as a message."
    return modal("Import opt-ins", [section(text)], callback_id=ids.NOTICE)

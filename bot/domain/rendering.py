"""Shows a template as a recipient would see it, and says what a phone will do with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.composing import CLICK_LINK, longest_body
from bot.domain.expressions import Attribute, ExpressionError, parse
from bot.domain.template import MEDIA_FORMATS, Component, Template, fill, placeholders, variables

#: With more buttons than this a message cannot be seen on desktop clients (Meta, "Template components").
_DESKTOP_BUTTONS: Final = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it will look; `notes` are sentences about what a recipient may see differently."""

    header: str
    body: str
    footer: str
    buttons: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def text(self) -> str:
        """Give the whole message as lines, buttons in brackets."""
        buttons = " ".join(f"[{button}]" for button in self.buttons)
        return "\n".join(part for part in (self.header, self.body, self.footer, buttons) if part)


def preview(template: Template, values: Mapping[str, str]) -> Preview:
    """Fill a template with `component:name` -> text; what has no value keeps its placeholder.

    The values may be what was typed in the modal, or one person's (`filled_in`).
    """
    body = _filled(template, "body", values)
    return Preview(
        header=_header(template, values),
        body=body,
        footer=str((template.component("FOOTER") or {}).get("text", "")),
        buttons=tuple(_button(index, button, values) for index, button in enumerate(template.buttons)),
        notes=tuple(_notes(template, body)),
    )


def filled_in(template: Template, bindings: Mapping[str, str], attributes: Mapping[str, str]) -> dict[str, str]:
    """Give the values one person sees. What is missing for them, or cannot be read, stays as it was typed."""
    return {v.key: _for_person(bindings.get(v.key, ""), attributes) for v in variables(template)}


def filled_length(template: Template, values: Mapping[str, str]) -> int:
    """Count the characters of the filled body; Meta refuses more than `longest_body`."""
    return len(_filled(template, "body", values))


def _filled(template: Template, component: str, values: Mapping[str, str]) -> str:
    text = str((template.component(component.upper()) or {}).get("text", ""))
    start = f"{component}:"
    return fill(
        text, {key.removeprefix(start): value for key, value in values.items() if key.startswith(start) and value}
    )


def _header(template: Template, values: Mapping[str, str]) -> str:
    kind = str((template.component("HEADER") or {}).get("format", "TEXT")).upper()
    if kind in MEDIA_FORMATS:
        source = values.get("header:1", "")
        return f"[{kind.capitalize()}] {source}".rstrip()
    return _filled(template, "header", values)


def _button(index: int, button: Component, values: Mapping[str, str]) -> str:
    label, kind = str(button.get("text", "")), str(button.get("type", "")).upper()
    value = values.get(f"button:{index}", "")
    match kind:
        case "URL":
            return f"{label} → {_leads_to(str(button.get('url', '')), value)}"
        case "COPY_CODE":
            return f"{label or 'Copy code'}: {value}" if value else label or "Copy code"
        case "PHONE_NUMBER":
            return f"{label} → {button.get('phone_number', '')}"
        case _:
            return label


def _leads_to(url: str, value: str) -> str:
    """Show the landing address behind a click link, else the address with its suffix."""
    if not value:
        return url
    return value if CLICK_LINK.fullmatch(url) else fill(url, dict.fromkeys(placeholders(url), value))


def _notes(template: Template, body: str) -> Iterator[str]:
    limit = longest_body(template)
    if len(body) > limit:
        yield f"The filled text has {len(body)} characters; WhatsApp refuses more than {limit}."
    kinds = [str(button.get("type", "")).upper() for button in template.buttons]
    replies = kinds.count("QUICK_REPLY")
    if len(kinds) > _DESKTOP_BUTTONS or 0 < replies < len(kinds):
        yield "WhatsApp on a computer cannot show this mix of buttons; phones can."
    if template.component("LIMITED_TIME_OFFER") is not None:
        yield "WhatsApp on a computer or in a browser does not show limited-time offers; phones do."
    if (template.component("HEADER") or {}).get("format") == "GIF":
        yield "GIFs travel on the Marketing Messages route only; the Cloud fallback cannot carry them."


def _for_person(typed: str, attributes: Mapping[str, str]) -> str:
    try:
        expression = parse(typed)
    except ExpressionError:
        return typed
    return "".join(part if isinstance(part, str) else _shown(part, attributes) for part in expression.parts)


def _shown(attribute: Attribute, attributes: Mapping[str, str]) -> str:
    value = attribute.value_in(attributes)
    return f"{{{{{attribute.name}}}}}" if value is None else value

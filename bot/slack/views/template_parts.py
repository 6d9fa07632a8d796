"""A template as its readers will see it, and what an author or approver should know about it."""

from collections.abc import Mapping, Sequence

from bot.domain.instants import Millis
from bot.domain.template import MEDIA_FORMATS, Component, Template, fill
from bot.slack.views.phrases import line, minutes, quote, safe

_QUALITY_WARNINGS = {
    "RED": "Meta rates this template's quality as low: people block or report it. Meta may pause it while you send.",
    "YELLOW": "Meta rates this template's quality as medium: watch how people react before sending to many.",
}


def title(template: Template) -> str:
    """Name a template as lists and cards do: name, language."""
    return f"{line(template.name, 120)} ({line(template.language, 20)})"


def preview(template: Template, bindings: Mapping[str, str] | None = None) -> str:
    """Write the message as a quotation; `bindings` (`body:1` to text) fill its variables, others stay in braces.

    Empty for a template without any text.
    """
    values = bindings or {}
    parts = [
        _header(template.component("HEADER"), _of(values, "header")),
        fill(str((template.component("BODY") or {}).get("text", "")), _of(values, "body")),
        str((template.component("FOOTER") or {}).get("text", "")),
        *(_button(button, values.get(f"button:{index}", "")) for index, button in enumerate(template.buttons)),
    ]
    shown = "\n".join(part for part in parts if part)
    return quote(shown, 1_600) if shown else ""


def warnings(
    template: Template,
    *,
    now: Millis,
    wait_seconds: int,
    ttl_seconds: int | None = None,
    other_campaigns: Sequence[str] = (),
) -> tuple[str, ...]:
    """List, as sentences, what to know before choosing this template (and this lifetime for it)."""
    found = [_QUALITY_WARNINGS[template.quality]] if template.quality in _QUALITY_WARNINGS else []
    if template.is_dormant(now):
        found.append(wakeup_warning(wait_seconds))
    if ttl_seconds is not None and ttl_seconds != template.lifetime_seconds:
        found.append(ttl_warning(other_campaigns))
    return tuple(found)


def wakeup_warning(wait_seconds: int) -> str:
    """Say that a template asleep at Meta is woken with one message first."""
    return (
        "This template was neither used nor changed for 7 days, so Meta has put it to sleep. Arauto sends one message "
        f"first, waits {minutes(wait_seconds)}, then sends the rest."
    )


def ttl_warning(other_campaigns: Sequence[str]) -> str:
    """Say that a lifetime belongs to the template, and whom changing it touches."""
    sentence = "The lifetime belongs to the template: launching changes it at Meta for every campaign that uses it."
    if not other_campaigns:
        return sentence
    names = ", ".join(line(name, 60) for name in other_campaigns[:5])
    more = f" and {len(other_campaigns) - 5} more" if len(other_campaigns) > 5 else ""  # noqa: PLR2004 - the five named
    return f"{sentence} It also touches: {names}{more}."


def as_list(sentences: Sequence[str]) -> str:
    """Write warnings one below the other; they are escaped already where they quote somebody."""
    return "\n".join(f"⚠️ {sentence}" for sentence in sentences)


def own_words(sentences: Sequence[str]) -> list[str]:
    """Escape sentences that come from elsewhere."""
    return [safe(sentence, 250) for sentence in sentences]


def _header(header: Component | None, values: Mapping[str, str]) -> str:
    if header is None:
        return ""
    kind = str(header.get("format", "TEXT")).upper()
    if kind in MEDIA_FORMATS:
        return f"[ {kind.lower()} ] {values.get('1', '')}".rstrip()
    return fill(str(header.get("text", "")), values)


def _button(button: Component, value: str) -> str:
    """Write a button with where it leads; a value that is a whole address is the landing page of a click link."""
    is_landing = value.startswith(("https://", "http://"))
    leads_to = value if is_landing or not button.get("url") else fill(str(button["url"]), {"1": value} if value else {})
    return f"[ {button.get('text', button.get('type', ''))} ] {leads_to}".rstrip()


def _of(bindings: Mapping[str, str], component: str) -> dict[str, str]:
    start = f"{component}:"
    return {key.removeprefix(start): text for key, text in bindings.items() if key.startswith(start)}

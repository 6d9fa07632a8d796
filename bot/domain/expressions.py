"""The small language of bindings: text with attributes in double braces, `Hi {{first_name|friend}}`.

An attribute is a column of the person's record; after a bar stands what is used where the person has no value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import quote

_BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
#: Everything that Meta refuses inside a variable, or that breaks a line: controls, and the line ends of Unicode.
_BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: More than four spaces in a row are refused (Meta, error 132000 and its relatives).
_LONG_GAP: Final = re.compile(" {5,}")
#: What may stay as typed in a web address; the percent sign too, so that an encoded address is not encoded again.
_ADDRESS_CHARACTERS: Final = ":/?#[]@!$&'()*+,;=%-._~"


class ExpressionError(ValueError):
    """What was typed is not an expression; the message is one sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value of the person, or its `fallback`; None means that a person without the value is left out."""

    name: str
    fallback: str | None = None

    def value_in(self, attributes: Mapping[str, str]) -> str | None:
        """Give the person's clean value, else the fallback."""
        return clean(lookup(attributes, self.name)) or self.fallback


Part: TypeAlias = "str | Attribute"


@dataclass(frozen=True, slots=True)
class Expression:
    """Text and attributes in the order they were typed, clean for Meta."""

    parts: tuple[Part, ...]

    @property
    def is_fixed(self) -> bool:
        """Tell whether it is the same for everybody."""
        return not any(isinstance(part, Attribute) for part in self.parts)

    @property
    def start(self) -> str:
        """Give the fixed text before the first attribute."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    def encoded(self) -> "Expression":
        """Percent-encode what was typed, once and for all; a fallback stands for a value and is encoded like one."""
        return Expression(tuple(_encoded(part) for part in self.parts))


class Reader:
    """Looks attributes up for one person and remembers which were absent (`fallbacks`, `missing`)."""

    __slots__ = ("attributes", "fallbacks", "missing")

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.attributes = attributes
        self.fallbacks: set[str] = set()
        self.missing: set[str] = set()

    def read(self, expression: Expression, encode: Callable[[str], str] | None = None) -> str:
        """Fill an expression; `encode` is applied to the person's values, never to fixed text or fallbacks."""
        return "".join([part if isinstance(part, str) else self._value(part, encode) for part in expression.parts])

    def _value(self, part: Attribute, encode: Callable[[str], str] | None) -> str:
        value = clean(lookup(self.attributes, part.name))
        if value:
            return encode(value) if encode else value
        if part.fallback is None:
            self.missing.add(part.name)
            return ""
        self.fallbacks.add(part.name)
        return part.fallback


def parse(text: str) -> Expression:
    """Read what was typed; raises ExpressionError. Fixed text comes out clean and without spaces around the whole."""
    parts: list[Part] = []
    end = 0
    for found in _BRACES.finditer(text):
        parts.append(_fixed(text[end : found.start()]))
        parts.append(_attribute(found.group(1)))
        end = found.end()
    parts.append(_fixed(text[end:]))
    return Expression(tuple(part for part in _trimmed(parts) if part))


def lookup(attributes: Mapping[str, str], name: str) -> str:
    """Give a person's value or the empty string; `first_name` is its column, else the first word of `name`."""
    value = attributes.get(name) or ""
    if name == "first_name" and not value.strip():
        words = (attributes.get("name") or "").split(maxsplit=1)
        return words[0] if words else ""
    return value


def clean(value: str) -> str:
    """Make a value fit for Meta: no line breaks, tabs or controls, no long gaps, no spaces around it."""
    if value.isprintable() and "     " not in value:
        return value.strip()
    return _closed_up(value).strip()


def in_address(value: str) -> str:
    """Percent-encode one value so that it cannot change the address around it."""
    return quote(value, safe="")


def address(typed: str) -> str:
    """Percent-encode only what can never stand in an address, so that typed paths and queries keep their meaning."""
    return quote(typed, safe=_ADDRESS_CHARACTERS)


def _closed_up(value: str) -> str:
    return _LONG_GAP.sub(" ", _BREAKS.sub(" ", value))


def _fixed(text: str) -> str:
    if "{{" in text or "}}" in text:
        raise ExpressionError("Double braces must come in pairs, as in {{first_name|friend}}.")
    return _closed_up(text)


def _attribute(inside: str) -> Attribute:
    name, bar, fallback = (part.strip() for part in inside.partition("|"))
    if not name or "{" in inside or "}" in inside or "|" in fallback:
        raise ExpressionError(
            f"“{{{{{inside}}}}}” is not understood; write {{{{attribute}}}} or {{{{attribute|fallback}}}}."
        )
    if bar and not clean(fallback):
        raise ExpressionError(f"The fallback of {{{{{name}}}}} is empty; write one after the bar or leave the bar out.")
    return Attribute(name, clean(fallback) if bar else None)


def _trimmed(parts: list[Part]) -> list[Part]:
    """Take the spaces off both ends; `parts` begins and ends with fixed text."""
    first, *rest = parts
    begun: list[Part] = [first.lstrip() if isinstance(first, str) else first, *rest]
    last = begun[-1]
    return [*begun[:-1], last.rstrip() if isinstance(last, str) else last]


def _encoded(part: Part) -> Part:
    if isinstance(part, str):
        return address(part)
    return part if part.fallback is None else replace(part, fallback=in_address(part.fallback))

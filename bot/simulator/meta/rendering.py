"""What a person sees of a message, and the variables a template's text has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(slots=True)
class Rendered:
    """What the person will see and can press."""

    header: str = ""
    body: str = ""
    urls: list[str] = field(default_factory=list)
    replies: list[tuple[str, str]] = field(default_factory=list)  # text, payload
    cards: list[Rendered] = field(default_factory=list)

    def all_urls(self) -> list[str]:
        """List the URL buttons of the message and then of its cards."""
        return self.urls + [url for card in self.cards for url in card.urls]

    def all_replies(self) -> list[tuple[str, str]]:
        """List the quick replies of the message and then of its cards."""
        return self.replies + [reply for card in self.cards for reply in card.replies]


@lru_cache(maxsize=4096)
def placeholders(text: str) -> tuple[str, ...]:
    """List a text's variables once each, in order of appearance (positional ones by number)."""
    names = tuple(dict.fromkeys(PLACEHOLDER.findall(text)))
    return tuple(sorted(names, key=int)) if all(name.isdigit() for name in names) else names

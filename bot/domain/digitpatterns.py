r"""Asks of a pattern of digits what a text's first digits settle: that all endings fit, none, or some of them.

Reads what the library's patterns are made of (digits, `\d`, `[…]`, groups, `|`, `?`, `{n}`, `{n,m}`) and walks them
digit by digit, as sets of what is left to match (Antimirov's derivatives): the answer is proved and not guessed.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple, TypeAlias

_DIGITS: Final = "0123456789"


class _Choice(NamedTuple):
    """One of several sequences."""

    options: tuple["_Sequence", ...]


class _Repeat(NamedTuple):
    """A sequence so many times."""

    body: "_Sequence"
    low: int
    high: int


#: The digits that may stand in a place.
_Class: TypeAlias = frozenset[str]
_Sequence: TypeAlias = tuple["_Class | _Choice | _Repeat", ...]
#: Every way to go on; none where no text fits any more.
_Left: TypeAlias = frozenset[_Sequence]


class UnreadablePatternError(ValueError):
    """A pattern is made of something that this module does not know."""


def fits(pattern: str, beginning: str, length: int) -> bool | None:
    """Tell whether every text of so many digits that begins so fits a pattern as a whole; None where only some do.

    Raises UnreadablePatternError, as the others do.
    """
    left = _whole(pattern)
    for digit in beginning:
        left = _step(left, digit)
    return _all_fit(left, length - len(beginning))


def opens(pattern: str, beginning: str, length: int, *, at_least: int = 0) -> bool | None:
    """Tell whether every text of so many digits that begins so fits a pattern in front; None where only some do.

    Shorter fits than `at_least` digits do not count.
    """
    left = _whole(pattern)
    for at, digit in enumerate(beginning):
        if at >= at_least and any(map(_may_be_empty, left)):
            return True
        left = _step(left, digit)
    return _all_open(left, length - len(beginning))


@cache
def _whole(pattern: str) -> _Left:
    reader = _Reader(pattern)
    choice = reader.choice()
    if reader.rest:
        raise UnreadablePatternError(pattern)
    return frozenset({(choice,)})


@cache
def _all_fit(left: _Left, length: int) -> bool | None:
    if not left:
        return False
    if not length:
        return any(map(_may_be_empty, left))
    return _agreed(_all_fit(_step(left, digit), length - 1) for digit in _DIGITS)


@cache
def _all_open(left: _Left, length: int) -> bool | None:
    if any(map(_may_be_empty, left)):
        return True
    if not left or not length:
        return False
    return _agreed(_all_open(_step(left, digit), length - 1) for digit in _DIGITS)


def _agreed(answers: Iterator[bool | None]) -> bool | None:
    """Give the one answer there is; None where there are several."""
    first = next(answers)
    return first if first is not None and all(answer is first for answer in answers) else None


@cache
def _step(left: _Left, digit: str) -> _Left:
    return frozenset(rest for sequence in left for rest in _rests(sequence, digit))


def _rests(sequence: _Sequence, digit: str) -> Iterator[_Sequence]:
    """Give every way to go on behind one digit."""
    if not sequence:
        return
    first, rest = sequence[0], sequence[1:]
    match first:
        case _Choice(options):
            for option in options:
                yield from _rests(option + rest, digit)
        case _Repeat(body, low, high):
            if high:
                yield from _rests((*body, _Repeat(body, max(low - 1, 0), high - 1), *rest), digit)
            if not low:
                yield from _rests(rest, digit)
        case _:
            if digit in first:
                yield rest


def _may_be_empty(sequence: _Sequence) -> bool:
    return all(map(_is_optional, sequence))


def _is_optional(node: "_Class | _Choice | _Repeat") -> bool:
    match node:
        case _Choice(options):
            return any(map(_may_be_empty, options))
        case _Repeat(body, low, _):
            return not low or _may_be_empty(body)
        case _:
            return False


class _Reader:
    """Reads a pattern from its front."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.rest = pattern

    def choice(self) -> _Choice:
        """Read sequences with bars between them."""
        options = [self._sequence()]
        while self._skips("|"):
            options.append(self._sequence())
        return _Choice(tuple(options))

    def _sequence(self) -> _Sequence:
        nodes: list[_Class | _Choice | _Repeat] = []
        while self.rest and self.rest[0] not in "|)":
            nodes.append(self._repeated(self._one()))
        return tuple(nodes)

    def _one(self) -> _Class | _Choice:
        if self._skips("(?:") or (not self.rest.startswith("(?") and self._skips("(")):
            inner = self.choice()
            self._expect(")")
            return inner
        if self._skips(r"\d"):
            return frozenset(_DIGITS)
        if self._skips("["):
            return self._class()
        if self.rest[0] in _DIGITS:
            return frozenset(self._take())
        raise UnreadablePatternError(self._pattern)

    def _class(self) -> _Class:
        found = set[str]()
        while not self._skips("]"):
            low = self._digit()
            high = self._digit() if self._skips("-") else low
            found.update(_DIGITS[int(low) : int(high) + 1])
        return frozenset(found)

    def _repeated(self, one: _Class | _Choice) -> "_Class | _Choice | _Repeat":
        if self._skips("?"):
            return _Repeat((one,), 0, 1)
        if not self._skips("{"):
            return one
        low = self._number()
        high = self._number() if self._skips(",") else low
        self._expect("}")
        return _Repeat((one,), low, high)

    def _number(self) -> int:
        digits = self._digit()
        while self.rest and self.rest[0] in _DIGITS:
            digits += self._take()
        return int(digits)

    def _digit(self) -> str:
        if not self.rest or self.rest[0] not in _DIGITS:
            raise UnreadablePatternError(self._pattern)
        return self._take()

    def _take(self) -> str:
        taken, self.rest = self.rest[0], self.rest[1:]
        return taken

    def _skips(self, text: str) -> bool:
        """Tell whether a text stands in front, and go behind it."""
        if not self.rest.startswith(text):
            return False
        self.rest = self.rest[len(text) :]
        return True

    def _expect(self, text: str) -> None:
        if not self._skips(text):
            raise UnreadablePatternError(self._pattern)

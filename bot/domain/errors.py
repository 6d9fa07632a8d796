"""What can go wrong in ways a person can mend.

ArautoError
├── InvalidInputError     a value somebody typed; carries the field it belongs to
├── NotFoundError         the thing named is not there
├── NotAllowedError       the person may not do this
├── ConflictError         somebody else was first, or the thing changed meanwhile
├── FencedError           this process lost its lease; its write must not happen
└── StorageFullError      the database cannot take more; sending stops until it can

Every message is one clear sentence: which thing, what was expected, what to do. It is fit to show to a marketer.
`ConfigurationError` stands outside the tree so that nobody swallows it with the rest.
"""


class ArautoError(Exception):
    """Something a person can mend; `str()` is the sentence to show."""


class InvalidInputError(ArautoError):
    """A value that cannot be taken; `field` is the input it was typed into, if there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(ArautoError):
    """The thing named is not there (any more)."""


class NotAllowedError(ArautoError):
    """This person may not do this."""


class ConflictError(ArautoError):
    """Somebody else was first, or the thing changed meanwhile."""


class FencedError(ArautoError):
    """The lease under which this write was made belongs to somebody else now."""


class StorageFullError(ArautoError):
    """The database cannot record anything more; nothing may be sent until it can."""


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message names it and says how to mend it."""

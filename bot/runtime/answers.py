"""The answers to a webhook, and what they look like on the wire."""

import time
from email.utils import formatdate
from enum import Enum
from functools import lru_cache
from http import HTTPStatus


class Answer(Enum):
    """What a webhook may be answered: an HTTP status and a sentence for whoever looks."""

    TAKEN = HTTPStatus.OK, ""
    FORGED = HTTPStatus.UNAUTHORIZED, "the signature does not match"
    TOO_LONG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long"
    BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR, "this went wrong, repeat it later"
    #: Meta repeats for seven days, so nothing is lost.
    FULL = HTTPStatus.SERVICE_UNAVAILABLE, "cannot store this now, repeat it later"

    @property
    def status(self) -> HTTPStatus:
        """The status of HTTP."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The body."""
        return self.value[1]


def on_the_wire(answer: Answer) -> bytes:
    """Write an answer of HTTP/1.1 that leaves the connection open."""
    return _written(answer, int(time.time()))


# Thousands of answers in a second are the same bytes (benchmarks/webhooks.py).
@lru_cache(maxsize=2 * len(Answer))
def _written(answer: Answer, second: int) -> bytes:
    body = answer.text.encode()
    kind = "Content-Type: text/plain; charset=utf-8\r\n" if body else ""
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n{kind}"
        f"Content-Length: {len(body)}\r\nDate: {formatdate(second, usegmt=True)}\r\n\r\n"
    )
    return head.encode("ascii") + body

"""Structured logs: one JSON line per record on stderr, with phone numbers, message ids and tokens masked."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)

#: Attributes that every record has; whatever else one carries came in by `extra=` and is logged as a field.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: These say at INFO what we say better, or repeat addresses with tokens in them.
_QUIET: Final = ("httpx", "httpcore", "slack_sdk", "slack_bolt", "aiohttp", "apscheduler", "uvicorn.access")

_TOKENS: Final = re.compile(
    r"\b(?:(?:xox[a-z]|xapp|xoxe\.xox[a-z])-[\w.-]+|EAA\w{6,})|(?i:(?<=bearer )|(?<=access_token=))[\w.|-]{8,}"
)
_WAMID: Final = re.compile(r"\bwamid\.[\w+/=.-]+")
# With a plus: anything that could be a number, also as people write it. Without: the digits Meta calls a person by.
_WRITTEN_PHONE: Final = re.compile(r"\+\d(?:[ ().-]{0,2}\d){6,14}")
# A Slack timestamp (1763806000.123456) is spared.
_BARE_PHONE: Final = re.compile(r"(?<![A-Za-z0-9])\d{10,15}(?![A-Za-z0-9]|\.\d)")
_BSUID: Final = re.compile(r"\b([A-Z]{2})\.(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}\b")
_SHOWN = 4


@contextmanager
def correlation(identifier: str) -> Iterator[None]:
    """Put an identifier on every record logged inside, also by the tasks started there."""
    token = _correlation_id.set(identifier)
    try:
        yield
    finally:
        _correlation_id.reset(token)


def masked(text: str) -> str:
    """Hide what a log must not tell: tokens and message ids whole, phone numbers but for their last four digits."""
    text = _TOKENS.sub("[token]", text)
    text = _WAMID.sub(lambda found: f"wamid.*****{found[0][-_SHOWN:]}", text)
    text = _BSUID.sub(r"\1.*****", text)
    for numbers in (_WRITTEN_PHONE, _BARE_PHONE):
        text = numbers.sub(lambda found: f"*****{found[0][-_SHOWN:]}", text)
    return text


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message, then what `extra=` brought; all masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without line end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if correlation_id := _correlation_id.get():
            line["correlation_id"] = masked(correlation_id)
        line |= {name: _masked_value(value) for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = masked(record.stack_info)
        return json.dumps(line, ensure_ascii=False)


def configure(*, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every logger's records to one stream (stderr), in place of whatever was set up before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _masked_value(value: Any) -> Any:
    """Mask a field. Figures stay figures unless they could be a phone number."""
    if isinstance(value, bool | float) or value is None:
        return value
    shown = masked(str(value))
    return value if isinstance(value, int) and shown == str(value) else shown

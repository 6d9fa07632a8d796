"""Reads the arguments of a Web API call the way Slack does: form fields or JSON, lists and objects perhaps as text."""

import json
from typing import Any

from starlette.requests import Request

from bot.simulator.slack.errors import SlackError

Args = dict[str, Any]


async def read_arguments(request: Request) -> Args:
    """Merge query, form fields and JSON body into one set of arguments. Raises SlackError `invalid_json`."""
    args: Args = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return {**args, **body}
    async with request.form() as form:
        return {**args, **{key: value for key, value in form.items() if isinstance(value, str)}}


def required(args: Args, name: str) -> str:
    """Return a mandatory string. Raises SlackError `invalid_arguments`."""
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise SlackError("invalid_arguments", messages=[f"missing required field: {name}"])
    return value


def optional_list(args: Args, name: str, refusal: str) -> list[Any] | None:
    """Return a list given as JSON or as text holding JSON; None when absent. Raises SlackError `refusal`."""
    value = decoded(args.get(name), refusal)
    if value is None or isinstance(value, list):
        return value
    raise SlackError(refusal)


def required_object(args: Args, name: str) -> dict[str, Any]:
    """Return a mandatory object given as JSON or as text holding JSON. Raises SlackError `invalid_arguments`."""
    value = decoded(args.get(name), "invalid_arguments")
    if not isinstance(value, dict):
        raise SlackError("invalid_arguments", messages=[f"must provide an object [json-pointer:/{name}]"])
    return value


def decoded(value: Any, refusal: str) -> Any:
    """Parse text that should hold JSON; anything else passes through, empty text is None."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(refusal) from None


def is_true(value: Any) -> bool:
    """Read a flag that may come as a boolean or as the text of one."""
    return value is True or str(value).lower() in {"true", "1"}

"""What one recipient sees in WhatsApp, and what they do there: tap, press a link, write, stop marketing, switch off."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.simulator.meta import Message, MetaSimulator

Json = dict[str, Any]
Verb = Callable[[str, Json], None]

_ARRIVED = {"delivered", "read"}
_MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """Something the person did by hand: a text as it shows in the chat, or a grey note about it."""

    text: str
    at: float
    is_note: bool = False


class Phones:
    """Every phone of the simulated world. The chat of one shows what has arrived, and what was done by hand here."""

    def __init__(self, meta: MetaSimulator, known: Sequence[str] = ()) -> None:
        self._meta = meta
        self._known = known
        self._replies: defaultdict[str, list[Reply]] = defaultdict(list)
        self._verbs: dict[str, Verb] = {
            "say": self._say,
            "tap": self._tap,
            "click": self._click,
            "prefer": self._prefer,
            "switch": self._switch,
        }

    async def listed(self, _request: Request) -> Response:
        """List some hundred phones: those with the newest message first, then those that have none yet."""
        newest = sorted(self._meta.received.items(), key=lambda item: -item[1][-1].accepted_at)
        rows = [{"phone": phone, "messages": len(rows), "fate": rows[-1].fate} for phone, rows in newest]
        waiting = [{"phone": phone, "messages": 0} for phone in self._known if phone not in self._meta.received]
        return JSONResponse(
            {"phones": [*rows, *waiting][:_MOST_LISTED], "now": self._meta.clock.now(), "speed": self._meta.speed}
        )

    async def chat(self, request: Request) -> Response:
        """Show one phone: its chat in order of time, and what is still on its way."""
        phone = request.path_params["phone"]
        received = self._meta.received.get(phone, [])
        entries = [self._bubble(one) for one in received if one.fate in _ARRIVED]
        entries += [{"from": "person", "text": r.text, "at": r.at, "note": r.is_note} for r in self._replies[phone]]
        return JSONResponse(
            {
                "phone": phone,
                "chat": sorted(entries, key=lambda entry: entry["at"]),
                "undelivered": [one.fate for one in received if one.fate not in _ARRIVED],
                "is_off": self._meta.phonebook.persona(phone).reachable is False,
                "has_stopped": phone in self._meta.reactions.stopped,
            }
        )

    async def act(self, request: Request) -> Response:
        """Let the person do something; the body holds what the verb needs."""
        phone, verb = request.path_params["phone"], request.path_params["verb"]
        if verb not in self._verbs:
            return JSONResponse({"error": f"unknown: {verb}; known are {', '.join(self._verbs)}"}, 404)
        try:
            self._verbs[verb](phone, await request.json())
        except (KeyError, ValueError) as wrong:
            return JSONResponse({"error": str(wrong.args[0])}, 400)
        return JSONResponse({"ok": True})

    def _bubble(self, message: Message) -> Json:
        arrived = next((at for status, at, _ in message.statuses if status in _ARRIVED), message.accepted_at)
        template = self._meta.catalogue.find(message.template or "", message.language or "")
        parts = {part["type"]: part for part in template.components} if template else {}
        return {
            "from": "business",
            "wamid": message.wamid,
            "at": arrived,
            "header": message.seen.header or _medium(parts.get("HEADER", {})),
            "body": message.seen.body,
            "footer": parts.get("FOOTER", {}).get("text", ""),
            "cards": [card.body for card in message.seen.cards],
            "buttons": _buttons(message, parts.get("BUTTONS", {}).get("buttons", [])),
        }

    def _say(self, phone: str, body: Json) -> None:
        self._meta.say(phone, body["text"])
        self._note(phone, body["text"], is_note=False)

    def _tap(self, phone: str, body: Json) -> None:
        self._meta.reactions.tap(self._message(phone, body), body["text"], self._meta.clock.now())
        self._note(phone, body["text"], is_note=False)

    def _click(self, phone: str, body: Json) -> None:
        self._meta.reactions.click(self._message(phone, body), self._meta.clock.now())
        self._note(phone, "opened the link")

    def _prefer(self, phone: str, body: Json) -> None:
        self._meta.prefer(phone, body["value"])
        told = "stopped offers and announcements" if body["value"] == "stop" else "resumed offers and announcements"
        self._note(phone, told)

    def _switch(self, phone: str, body: Json) -> None:
        self._meta.person(phone, reachable=bool(body["on"]))
        self._note(phone, "switched the phone on" if body["on"] else "switched the phone off")

    def _note(self, phone: str, text: str, *, is_note: bool = True) -> None:
        self._replies[phone].append(Reply(text, self._meta.clock.now(), is_note))

    def _message(self, phone: str, body: Json) -> Message:
        for message in self._meta.received.get(phone, []):
            if message.wamid == body["wamid"]:
                return message
        raise KeyError(f"{phone} has no message {body['wamid']}")


def _medium(header: Json) -> str:
    kind = header.get("format", "TEXT")
    return "" if kind == "TEXT" else f"[{kind.lower()}]"


def _buttons(message: Message, defined: Sequence[Json]) -> list[Json]:
    """Pair the labels of the template with what this person got: their own link behind a URL button."""
    urls = iter(message.seen.urls)
    return [
        {"kind": one["type"], "text": one.get("text", "Copy code")}
        | ({"url": next(urls, "")} if one["type"] == "URL" else {})
        for one in defined
    ]

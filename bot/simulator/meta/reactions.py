"""What people do with a message they have read: press a link, tap a reply, type STOP, stop or resume marketing."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from bot.simulator.meta import webhooks
from bot.simulator.meta.courier import loopback_client
from bot.simulator.meta.people import user_id_of
from bot.simulator.meta.webhooks import Update

if TYPE_CHECKING:
    from bot.simulator.meta.account import SenderNumber
    from bot.simulator.meta.courier import Courier
    from bot.simulator.meta.ledger import Message
    from bot.simulator.meta.people import Plan
    from bot.simulator.meta.world import World

_CLICK_WINDOW_SECONDS = 7 * 86_400.0
_VISITORS = 8


class Reactions:
    """Acts for the people. `stopped` holds who stopped marketing in WhatsApp itself, `windows` who wrote last when."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._account = world.account
        self._knobs = world.knobs
        self._phonebook = world.phonebook
        self._ledger = world.ledger
        self._courier = courier
        self._visits: asyncio.Queue[tuple[Message, str]] = asyncio.Queue()
        self._visiting = 0
        self.stopped: set[str] = set()
        self.windows: dict[str, float] = {}

    @property
    def idle(self) -> bool:
        """Whether no link waits to be opened."""
        return self._visits.empty() and self._visiting == 0

    def react(self, message: Message, plan: Plan, at: float) -> None:
        """Do what the plan says, once the message was read."""
        if plan.clicks:
            self.click(message, at, visits=plan.visits)
        if plan.taps is not None and message.seen.all_replies():
            self.tap(message, plan.taps, at)
        if plan.says is not None:
            self.say(message.phone, plan.says, at)
        if plan.stops:
            self.prefer(message.phone, "stop", at)

    def click(self, message: Message, at: float, *, visits: bool = True) -> None:
        """Press the first URL button: Meta's own event on its route, and the address if it is on this machine."""
        urls = message.seen.all_urls()
        if not urls:
            return
        message.clicked_at = at
        click_id = f"IwY2xjaw{webhooks.signature('click', message.wamid.encode())[-24:]}"
        if message.tracked and at - message.accepted_at <= _CLICK_WINDOW_SECONDS:
            number = self._account.numbers[message.number_id]
            item = webhooks.click(at, click_id, f"ARO{click_id[-10:]}")
            self._courier.push(Update("messages", item, at, number, "user_actions"))
        if visits and _is_loopback(urls[0]):
            mark = ("&" if "?" in urls[0] else "?") + f"fbclid={click_id}"
            self._visits.put_nowait((message, urls[0] + mark if message.tracked else urls[0]))

    def tap(self, message: Message, text: str, at: float) -> None:
        """Tap the quick reply with this text (any, if empty)."""
        replies = message.seen.all_replies()
        shown, payload = next((reply for reply in replies if reply[0] == text), replies[0])
        content = {"payload": payload, "text": shown}
        self._write(message.phone, at, "button", content, context=message, number_id=message.number_id)

    def say(self, phone: str, text: str, at: float, number_id: str | None = None) -> None:
        """Type a text to the number that wrote last (or the given one)."""
        self._write(phone, at, "text", {"body": text}, number_id=number_id)

    def prefer(self, phone: str, value: str, at: float) -> None:
        """Stop or resume marketing in WhatsApp itself; `value` is stop or resume."""
        (self.stopped.add if value == "stop" else self.stopped.discard)(phone)
        wa_id = self._wa_id(phone)
        known = {"profile": {"name": f"Person {wa_id[-4:]}"}, "wa_id": wa_id, "user_id": user_id_of(phone[1:])}
        item = webhooks.preference(wa_id, value, at)
        number = self._number(phone)
        self._courier.push(Update("user_preferences", item, at, number, "user_preferences", [known]))

    def _write(
        self,
        phone: str,
        at: float,
        kind: str,
        content: dict[str, Any],
        *,
        context: Message | None = None,
        number_id: str | None = None,
    ) -> None:
        self.windows[phone] = at
        wa_id, number = self._wa_id(phone), self._number(phone, number_id)
        hidden = self._phonebook.persona(phone).hidden or not phone.startswith("+")
        user_id = user_id_of(phone[1:]) if phone.startswith("+") else phone
        sender = {"from_user_id": user_id} if hidden else {"from": wa_id, "from_user_id": user_id}
        item = webhooks.inbound(self._ledger.new_wamid(wa_id), sender, at, kind, content)
        if context is not None:
            item["context"] = {"from": number.digits, "id": context.wamid}
        known = {"profile": {"name": f"Person {wa_id[-4:]}"}, "user_id": user_id} | ({} if hidden else {"wa_id": wa_id})
        self._courier.push(Update("messages", item, at, number, "messages", [known]))

    def _wa_id(self, phone: str) -> str:
        known = self._ledger.received.get(phone)
        return known[-1].wa_id if known else phone.lstrip("+")

    def _number(self, phone: str, number_id: str | None = None) -> SenderNumber:
        known = self._ledger.received.get(phone)
        chosen = number_id or (known[-1].number_id if known else next(iter(self._account.numbers)))
        return self._account.numbers[chosen]

    async def run(self) -> None:
        """Open pressed links until cancelled."""
        async with loopback_client() as http, asyncio.TaskGroup() as group:
            for _ in range(_VISITORS):
                group.create_task(self._visit(http))

    async def _visit(self, http: httpx.AsyncClient) -> None:
        while True:
            message, url = await self._visits.get()
            self._visiting += 1
            try:
                answer = await http.get(url, follow_redirects=False)
                message.visits.append(answer.status_code)
            except (httpx.HTTPError, httpx.InvalidURL):
                message.visits.append(0)  # nobody answered
            finally:
                self._visiting -= 1


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

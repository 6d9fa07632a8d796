"""Closing the demo's books: our counters, a recount of every row, and Meta's own ledger must tell one story."""

import asyncio
from dataclasses import dataclass

from bot.demo.world import World
from bot.domain.funnel import Funnel
from bot.domain.message import Dispatch, Recipient
from bot.ports.storage import Storage, Transaction
from storage import open_storage

#: Real seconds the bot gets to age its campaigns after the last jump of time.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Books:
    """The main campaign as the bot has it."""

    token: str
    state: str
    funnel: Funnel
    recount: dict[str, int]
    rows: list[Recipient]


async def close(world: World, token: str) -> Books:
    """Wait until nothing is under way any more, then compare; and read them."""
    store = open_storage(world.settings.database_url, clock=world.clock)
    try:
        books = await _settled(store, token)
    finally:
        await store.close()
    return books


async def _settled(store: Storage, token: str) -> Books:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        books = await store.read(lambda tx: _read(tx, token))
        open_rows = books.funnel.details("delivery")
        is_final = not {"none", "held", "sent"} & set(open_rows)
        if is_final or asyncio.get_running_loop().time() > deadline:
            return books
        await asyncio.sleep(0.5)


def _read(tx: Transaction, token: str) -> Books:
    campaign = tx.campaigns.find(token)[0]
    funnel = Funnel(tx.campaigns.tallies(campaign.id), tx.campaigns.meta_clicks(campaign.id))
    rows = [row.recipient for row in tx.recipients.rows(campaign.id)]
    return Books(campaign.token, str(campaign.state), funnel, dict(tx.campaigns.recount(campaign.id)), rows)


def objections(world: World, books: Books) -> list[str]:
    """List whatever does not add up; empty when the books balance."""
    funnel = books.funnel
    found = [] if funnel.balances() else ["The planned people are not each in exactly one state."]
    counted = {key: n for key, n in funnel.tallies.items() if n}
    if counted != {key: n for key, n in books.recount.items() if n}:
        found.append("The counters differ from a recount of the rows.")
    if funnel["waiting"] or funnel["sending"]:
        found.append("Some messages are still on their way out.")
    return found + _against_meta(world, books)


def _against_meta(world: World, books: Books) -> list[str]:
    """Compare with what Meta says it did."""
    accepted = {row.wamid for row in books.rows if row.dispatch is Dispatch.ACCEPTED}
    ledger = {one.wamid: one for sent in world.meta.received.values() for one in sent}
    found = []
    if not accepted <= set(ledger):
        found.append("The bot counts messages that Meta never accepted.")
    per_campaign: dict[str, int] = {}
    for phone, messages in world.meta.received.items():
        per_campaign[phone] = sum(message.wamid in accepted for message in messages)
    if any(count > 1 for count in per_campaign.values()):
        found.append("Somebody got two messages of one campaign.")
    delivered = sum(1 for wamid in accepted if wamid in ledger and ledger[wamid].fate in ("delivered", "read"))
    if delivered != books.funnel["delivered"]:
        found.append(f"Meta delivered {delivered:,}, the card says {books.funnel['delivered']:,}.")
    return found

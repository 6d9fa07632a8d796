"""What a newcomer finds: a file of opt-ins already imported, and two audiences over it."""

from collections.abc import Iterator

from bot.demo.contacts import csv_of, sound_phones
from bot.demo.world import World
from bot.domain.audience import AudienceRule
from bot.ports.storage import Transaction
from bot.services import importing
from bot.services.importing import Importer, ImportOptions
from storage import open_storage

_AUTHOR = "U0ANA"
#: Phones offered to look at before any of them has received something.
PHONES = 12


async def load(world: World, *, contacts: int, seed: int) -> list[str]:
    """Import the sample file as the command line would, beside the running bot; gives a few sound phones."""
    content = csv_of(contacts, seed)
    options = ImportOptions(
        file_name="samples.csv", actor="demo", source="Shop checkout", wording="Yes, send me offers on WhatsApp"
    )
    store = open_storage(world.settings.database_url, clock=world.clock)
    try:
        importer = Importer(lambda: _chunks(content), options, world.clock.now())
        await importing.run(store, importer)
        await store.write(lambda tx: _add_audiences(tx, world))
    finally:
        await store.close()
    return sound_phones(content)[:PHONES]


def _chunks(content: bytes) -> Iterator[bytes]:
    yield content


def _add_audiences(tx: Transaction, world: World) -> None:
    now = world.clock.now()
    tx.audiences.add("Everybody", AudienceRule(tags_any=frozenset({"customers"})), _AUTHOR, now)
    tx.audiences.add("Insiders", AudienceRule(tags_any=frozenset({"vip"})), _AUTHOR, now)

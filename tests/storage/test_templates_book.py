"""The book of templates: what Meta lists, and what only we know."""

from typing import Any

from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, a_template, later


async def test_a_template_no_longer_listed_is_deleted_but_not_forgotten(storage: Storage):
    one, two = a_template(id="1", name="one"), a_template(id="2", name="two")

    await storage.write(lambda tx: tx.templates.replace_all([one, two], NOW))
    await storage.write(lambda tx: tx.templates.mark_used("1", later(1)))
    await storage.write(lambda tx: tx.templates.replace_all([one], later(2)))

    kept = await storage.read(lambda tx: tx.templates.get("1"))
    gone = await storage.read(lambda tx: tx.templates.get("2"))
    assert kept is not None
    assert kept.last_used_at == later(1)
    assert gone is not None
    assert gone.status == "DELETED"
    assert await storage.read(lambda tx: tx.templates.synced_at()) == later(2)


async def test_nothing_was_ever_read_at_first(storage: Storage):
    assert await storage.read(lambda tx: tx.templates.synced_at()) is None
    assert await storage.read(lambda tx: tx.templates.get("1")) is None


async def test_a_search_ignores_case_and_takes_signs_as_they_are(storage: Storage):
    def fill(tx: Transaction):
        tx.templates.put(a_template(id="1", name="spring_offer", language="pt_BR"), NOW)
        tx.templates.put(a_template(id="2", name="springs", language="en_GB"), NOW)
        tx.templates.put(a_template(id="3", name="autumn", language="en_US", category="UTILITY"), NOW)

    await storage.write(fill)

    async def ids(text: str, **wanted: Any) -> list[str]:
        return [found.id for found in await storage.read(lambda tx: tx.templates.search(text, 10, **wanted))]

    assert await ids("SPRING") == ["1", "2"]
    assert await ids("spring_") == ["1"]
    assert await ids("en_") == ["3", "2"]
    assert await ids("", sendable_only=True) == ["1", "2"]
    assert await ids("%") == []


async def test_news_from_webhooks_change_one_field_each(storage: Storage):
    def work(tx: Transaction):
        tx.templates.put(a_template(), NOW)
        tx.templates.set_status("900100", "PAUSED", later(1))
        tx.templates.set_quality("900100", "RED", later(1))
        tx.templates.set_category("900100", "UTILITY", later(1))
        tx.templates.set_status("unknown", "PAUSED", later(1))
        return tx.templates.get("900100")

    assert await storage.write(work) == a_template(status="PAUSED", quality="RED", category="UTILITY")


async def test_edits_are_counted_within_the_span_of_the_quota(storage: Storage):
    def work(tx: Transaction):
        tx.templates.put(a_template(), NOW)
        for hours in (0, 10, 20):
            tx.templates.record_edit("900100", 86_400, later(hours))
        return tx.templates.edits_since("900100", later(10))

    assert await storage.write(work) == 2


async def test_edits_to_one_lifetime_can_be_left_out_of_the_count_and_forgotten(storage: Storage):
    def work(tx: Transaction):
        tx.templates.put(a_template(), NOW)
        for hours, seconds in ((0, 86_400), (10, 86_400), (10, 43_200)):
            tx.templates.record_edit("900100", seconds, later(hours))
        besides = tx.templates.edits_since("900100", NOW, besides=43_200)
        tx.templates.forget_edits("900100", 86_400, later(10))
        return besides, tx.templates.edits_since("900100", NOW), tx.templates.edits_since("900100", later(10))

    assert await storage.write(work) == (2, 2, 1)


async def test_a_use_never_goes_back_in_time(storage: Storage):
    def work(tx: Transaction):
        tx.templates.put(a_template(), NOW)
        tx.templates.mark_used("900100", later(5))
        tx.templates.mark_used("900100", later(1))
        template = tx.templates.get("900100")
        assert template is not None
        return template.last_used_at

    assert await storage.write(work) == later(5)

"""Modals and the composer: every input the bot uses, errors at their fields, autocomplete by keyboard, files."""

from pathlib import Path

import pytest
from hands import Desk
from playwright.async_api import expect

from bot.demo.contacts import csv_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_missing_value_is_complained_of_at_its_field(desk: Desk):
    await desk.describe("Spring drop", **{"var:body:discount": ""})

    await desk.press("Ask for approval")

    await expect(desk.complaint("var:body:discount")).to_have_text("Please complete this required field.")
    await expect(desk.complaint("var:body:first_name")).to_have_text("")


async def test_what_the_bot_complains_of_is_shown_at_its_field_and_goes_when_mended(desk: Desk):
    await desk.describe("Spring drop", schedule="2020-01-01T09:00")
    await desk.press("Ask for approval")
    await expect(desk.complaint("schedule")).not_to_have_text("")

    await desk.field("schedule").fill("")
    await desk.press("Ask for approval")

    await expect(desk.modal).to_have_count(0)


async def test_what_was_typed_survives_the_redraw_when_a_template_is_chosen(desk: Desk):
    await desk.type("/campaign new")
    await desk.field("name").fill("Half typed")

    await desk.choose("template", "spring", "spring_drop (pt_BR)")
    await expect(desk.field("var:body:discount")).to_be_visible()

    await expect(desk.field("name")).to_have_value("Half typed")
    await expect(desk.modal).to_contain_text("a primavera chegou")


async def test_a_command_is_completed_and_a_select_chosen_without_a_mouse(desk: Desk):
    keyboard = desk.page.keyboard
    await desk.page.get_by_label("Message", exact=True).focus()
    await keyboard.type("/camp")
    await keyboard.press("Tab")
    await keyboard.type("Keys only")
    await keyboard.press("Enter")
    await expect(desk.field("name")).to_have_value("Keys only")

    await desk.field("audience").focus()
    await keyboard.type("Insi")
    await expect(desk.modal.get_by_role("option", name="Insiders")).to_have_attribute("aria-selected", "true")
    await keyboard.press("Enter")
    await expect(desk.field("audience")).to_have_value("Insiders")
    await keyboard.press("Escape")

    await expect(desk.modal).to_have_count(0)


async def test_a_file_of_opt_ins_is_uploaded_and_imported(desk: Desk, tmp_path: Path):
    file = tmp_path / "more.csv"
    file.write_bytes(csv_of(20, seed=7))
    await desk.type("/optins import")

    await desk.field("file").set_input_files(file)
    await desk.field("source").fill("Fair")
    await desk.field("wording").fill("Yes, write to me")
    await desk.modal.locator("button[type=submit]").click()

    await expect(desk.stream.locator(".ephemeral")).to_contain_text("imported")


async def test_an_outsider_sees_the_shared_channel_only_and_is_offered_no_command(desk: Desk):
    await desk.be("Eve")
    channels = await desk.page.locator("#sidebar [data-channel]").all_inner_texts()

    await desk.type("/campaign list")

    assert [name.split()[-1] for name in channels] == ["shared"]
    await expect(desk.page.locator(".toast")).to_contain_text("another workspace")


async def test_the_app_home_opens_and_names_what_waits_for_whom(desk: Desk):
    await desk.go("Arauto")

    await expect(desk.stream.locator(".home")).to_contain_text("My campaigns")

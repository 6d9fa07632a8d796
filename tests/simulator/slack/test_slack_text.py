from typing import Any

from bot.simulator.slack.state import Content, Message, View
from bot.simulator.slack.text import render


def message(*blocks: Any, text: str = ""):
    return Message("C1", "1.0", "U0BOT", [Content(text, list(blocks))])


def plain(text: str):
    return {"type": "plain_text", "text": text}


def test_a_card_reads_from_top_to_bottom():
    card = message(
        {"type": "header", "text": plain("Spring sale")},
        {"type": "section", "fields": [plain("Sent 12"), plain("Read 3")]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "by <@U0ANA|Ana>"}, plain("today")]},
        {"type": "actions", "elements": [{"type": "button", "text": plain("Pause")}]},
    )

    assert render(card) == "Spring sale\nSent 12\nRead 3\n---\nby Ana today\n[Pause]"


def test_links_mentions_and_dates_are_read_as_people_see_them():
    shown = message(text="<https://example.com|Offer> <#C1|marketing> <@U0ANA> <!date^1764000000^{date}|24 Nov>")

    assert render(shown) == "Offer marketing @U0ANA 24 Nov"


def test_tables_and_charts_are_read_row_by_row():
    cells = [{"type": "raw_text", "text": "Brazil"}, {"type": "raw_number", "value": 3}]
    points = [{"label": "Mon", "value": 3}, {"label": "Tue", "value": 5}]
    shown = message(
        {"type": "data_table", "caption": "Countries", "rows": [cells]},
        {"type": "data_visualization", "title": "Days", "chart": {"series": [{"name": "Sent", "data": points}]}},
        {"type": "data_visualization", "title": "All", "chart": {"segments": [{"label": "Read", "value": 3}]}},
    )

    assert render(shown) == "Countries\nBrazil | 3\nDays\nSent: Mon 3, Tue 5\nAll\nRead 3"


def test_a_modal_reads_with_its_title_and_its_inputs():
    name = {"type": "plain_text_input", "action_id": "name", "initial_value": "Spring"}
    body = {"title": plain("New"), "blocks": [{"type": "input", "label": plain("Name"), "element": name}]}

    assert render(View("V1", "U0ANA", body, "h", "V1")) == "New\nName: <Spring>"


def test_a_carousel_and_its_pictures_are_read_card_by_card():
    card = {"type": "card", "title": plain("Offer"), "actions": [{"type": "button", "text": plain("Buy")}]}
    picture = {"type": "image", "alt_text": "a stall", "image_url": "https://example.com/a.png"}
    shown = message(
        {"type": "carousel", "elements": [card, card]},
        {"type": "section", "text": plain("Look"), "accessory": picture},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "color"}]}]},
    )

    assert render(shown) == "Offer\n[Buy]\nOffer\n[Buy]\nLook\na stall"


def test_nested_blocks_and_rich_text_are_read_too():
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "deep"}]}
    shown = message(
        {
            "type": "container",
            "title": plain("More"),
            "child_blocks": [{"type": "rich_text", "elements": [rich]}],
        },
        {
            "type": "layout",
            "label": "Grid",
            "rows": [[{"blocks": [{"type": "section", "text": plain("cell")}]}]],
        },
    )

    assert render(shown) == "More\ndeep\nGrid\ncell"

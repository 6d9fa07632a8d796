"""What cards and modals promise beyond their looks: buttons by state, figures by label, references."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.errors import InvalidInputError
from bot.domain.funnel import Funnel
from bot.domain.instants import DAY, Millis
from bot.domain.sheet import CampaignForm, Decision, Doubts, Milestone, Outcome
from bot.domain.template import Template, variables
from bot.ports.chat import ChatMessage
from bot.slack import ids, refs
from bot.slack.fingerprint import content_hash
from bot.slack.limits import LimitError, check_message, check_view, clip
from bot.slack.views import phrases
from bot.slack.views.approval_card import approval_card
from bot.slack.views.campaign_modal import campaign_modal
from bot.slack.views.confirm_modal import confirm_modal
from bot.slack.views.live_card import live_card
from bot.slack.views.milestones import milestone
from bot.slack.views.parts import modal, section
from tests.slack.builders import NOW, a_campaign, a_funnel, a_sheet, a_spec, a_template, component

_S = CampaignState

BUTTONS = {
    _S.APPROVED: [ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL],
    _S.SCHEDULED: [ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL],
    _S.SENDING: [ids.CAMPAIGN_PAUSE, ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL],
    _S.PAUSED: [ids.CAMPAIGN_RESUME, ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL],
    _S.FAILED: [ids.CAMPAIGN_RESUME, ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL],
    _S.SENT: [ids.CAMPAIGN_REFRESH],
    _S.CLOSED: [ids.CAMPAIGN_REFRESH],
    _S.CANCELLED: [ids.CAMPAIGN_REFRESH],
}
LABELS = {
    "Sent": 1_204, "Delivered": 1_100, "Read": 450, "Clicked": 37, "Meta clicks": 44, "Failed": 21, "Refused": 9,
    "In doubt": 2, "Expired": 5, "Skipped": 31, "Lapsed": 4,
}  # fmt: skip


def buttons(message: ChatMessage) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def read(message: ChatMessage) -> str:
    """Read a card as text, top to bottom."""
    parts: list[str] = []
    for block in message.blocks:
        parts += [one["text"] for one in [block.get("text"), *block.get("fields", ())] if one]
        parts += [one["text"] for one in block["elements"]] if block["type"] == "context" else []
    return "\n".join(parts)


def inputs(view: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


@pytest.mark.parametrize("state", BUTTONS)
def test_the_live_card_offers_what_the_state_allows(state: CampaignState):
    card = live_card(a_sheet(state))

    assert buttons(card) == BUTTONS[state]


def test_a_sent_campaign_that_tries_people_again_says_so_and_can_be_cancelled():
    card = live_card(a_sheet(_S.SENT, trying_again=1))

    assert buttons(card) == [ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL]
    assert "1 person gets one more try." in read(card)


@pytest.mark.parametrize("state", [_S.APPROVED, _S.SCHEDULED])
def test_a_launch_that_is_held_for_being_late_says_so_and_can_be_started(state: CampaignState):
    held = a_campaign(state, reason="It was 17 hours late when it could have started, so it does not start by itself.")

    card = live_card(a_sheet(state, campaign=held))

    assert buttons(card) == [ids.CAMPAIGN_RESUME, ids.CAMPAIGN_REFRESH, ids.CAMPAIGN_CANCEL]
    assert "17 hours late" in read(card)
    assert "It starts" not in read(card)


def test_the_confirming_modal_says_when_a_campaign_starts_at_once_because_its_time_is_over():
    spec = a_spec(scheduled_at=Millis(NOW - 60_000))
    open_request = a_sheet(campaign=a_campaign(spec=spec))

    assert "As soon as it is approved: " in json.dumps(confirm_modal(open_request))
    assert "As soon as it is approved" not in read(approval_card(a_sheet(campaign=a_campaign(_S.SENT, spec=spec))))


def test_messages_in_doubt_bring_their_button_whatever_the_state():
    card = live_card(a_sheet(_S.CLOSED, funnel=Funnel({"in_doubt": 1}), doubts=Doubts(open=1)))

    assert ids.CAMPAIGN_RESOLVE_IN_DOUBT in buttons(card)
    assert "Nobody knows whether 1 left" in read(card)


def test_doubts_that_a_person_has_decided_bring_no_button_and_are_told_as_decided():
    card = live_card(a_sheet(_S.SENT, funnel=Funnel({"in_doubt": 3}), doubts=Doubts(assumed=2, again=1)))

    text = read(card)
    assert ids.CAMPAIGN_RESOLVE_IN_DOUBT not in buttons(card)
    assert "Nobody knows" not in text
    assert "2 in doubt are assumed sent" in text
    assert "1 in doubt is sent again once the template was checked" in text
    assert "*In doubt*\n3" in text


def test_of_several_doubts_only_those_nobody_decided_wait_for_a_person():
    card = live_card(a_sheet(_S.SENT, funnel=Funnel({"in_doubt": 3}), doubts=Doubts(open=1, assumed=2)))

    assert ids.CAMPAIGN_RESOLVE_IN_DOUBT in buttons(card)
    assert "Nobody knows whether 1 left" in read(card)
    assert "2 in doubt are assumed sent" in read(card)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("state", BUTTONS)
def test_the_first_number_after_a_label_is_its_figure(state: CampaignState, label: str):
    card = live_card(a_sheet(state, funnel=a_funnel()))

    for text in (card.text, read(card)):
        found = re.search(rf"\b{label}\b\W*?([\d,]+)", text)

        assert found is not None
        assert int(found.group(1).replace(",", "")) == LABELS[label]


def test_cancelling_asks_once_more():
    card = live_card(a_sheet(_S.SENDING))

    cancel = next(one for one in card.blocks[-1]["elements"] if one["action_id"] == ids.CAMPAIGN_CANCEL)

    assert "cannot be undone" in cancel["confirm"]["text"]["text"]


def test_a_card_drawn_later_from_the_same_facts_has_the_same_hash():
    sheet = a_sheet(_S.SENDING, funnel=a_funnel())

    later = live_card(replace(sheet, now=Millis(NOW + 60_000)))

    assert content_hash(later) == content_hash(live_card(sheet))


def test_one_more_delivery_changes_the_hash():
    sheet = a_sheet(_S.SENDING, funnel=a_funnel())

    later = live_card(replace(sheet, funnel=a_funnel(delivered=1_101)))

    assert content_hash(later) != content_hash(live_card(sheet))


def test_every_button_of_the_approval_card_carries_id_version_and_digest():
    card = approval_card(a_sheet())

    values = [json.loads(element["value"]) for element in card.blocks[-1]["elements"]]

    assert values == [{"id": "7Q2K", "version": 2, "digest": "d1" * 32}] * 4


@pytest.mark.parametrize("outcome", Outcome)
def test_a_decided_request_cannot_be_decided_again(outcome: Outcome):
    card = approval_card(a_sheet(decision=Decision(outcome=outcome, at=NOW)))

    assert set(buttons(card)) <= {ids.CAMPAIGN_EDIT}


@pytest.mark.parametrize("state", [state for state in _S if state is not _S.IN_REVIEW])
def test_only_a_campaign_in_review_can_be_decided_on(state: CampaignState):
    card = approval_card(a_sheet(state))

    assert ids.CAMPAIGN_APPROVE not in buttons(card)


def test_the_approval_card_says_who_approved_also_after_sending_began():
    campaign = a_campaign(_S.SENDING, approved_by="U0BRUNO", approved_at=NOW)

    card = approval_card(a_sheet(campaign=campaign))

    assert "*Approved* by <@U0BRUNO>" in read(card)


@pytest.mark.parametrize("state", [_S.CHANGES_REQUESTED, _S.CANCELLED])
def test_an_approval_that_no_longer_holds_is_not_shown_as_one(state: CampaignState):
    campaign = a_campaign(state, approved_by="U0BRUNO", approved_at=NOW, reason="The template is gone at Meta.")

    card = approval_card(a_sheet(campaign=campaign))

    assert "*Approved*" not in read(card)
    assert "Approved." not in card.text
    assert "The template is gone at Meta." in read(card)
    assert (ids.CAMPAIGN_EDIT in buttons(card)) is (state is _S.CHANGES_REQUESTED)


@pytest.mark.parametrize("state", [state for state in _S if state is not _S.IN_REVIEW])
def test_a_decided_card_looks_the_same_whenever_it_is_drawn(state: CampaignState):
    sheet = a_sheet(state)

    assert approval_card(sheet) == approval_card(replace(sheet, now=Millis(NOW + DAY)))


def test_the_approval_card_names_the_campaigns_a_new_lifetime_touches():
    campaign = a_campaign(spec=a_spec(ttl_seconds=43_200))

    card = approval_card(a_sheet(campaign=campaign, other_campaigns=["Easter greetings"]))

    assert "It also touches: Easter greetings." in read(card)


def test_a_lifetime_equal_to_the_templates_own_warns_of_nothing():
    campaign = a_campaign(spec=a_spec(ttl_seconds=43_200), template=a_template(ttl_seconds=43_200))

    card = approval_card(a_sheet(campaign=campaign))

    assert "launching changes" not in read(card)


def test_the_confirming_modal_carries_exactly_what_was_shown():
    view = confirm_modal(a_sheet())

    assert refs.decode(view["private_metadata"]) == refs.CampaignRef("7Q2K", 2, "d1" * 32)


@pytest.mark.parametrize("value", ["", "null", "7", "[]", '{"id": "7Q2K"}', '{"id":"x","version":"y","digest":"z"}'])
def test_a_value_of_an_older_card_is_refused_in_one_sentence(value: str):
    with pytest.raises(InvalidInputError, match="older card"):
        refs.decode(value)


def test_the_modal_has_the_inputs_of_the_contract():
    view = campaign_modal()

    assert list(inputs(view)) == [
        ids.NAME, ids.AUDIENCE, ids.TEMPLATE, ids.TTL, ids.SCHEDULE, ids.OFFER_ENDS, ids.POLICY, ids.CHANNEL,
    ]  # fmt: skip
    assert {key for key, block in inputs(view).items() if block["optional"]} == {ids.SCHEDULE, ids.OFFER_ENDS}
    assert inputs(view)[ids.TEMPLATE]["dispatch_action"] is True


def test_the_lifetimes_offered_are_those_of_the_contract_and_the_templates_own_first():
    element = inputs(campaign_modal())[ids.TTL]["element"]

    assert [option["value"] for option in element["options"]] == [
        "template", "43200", "86400", "259200", "604800", "2592000",
    ]  # fmt: skip
    assert element["initial_option"]["value"] == "template"


def test_choosing_a_template_keeps_every_other_input_where_it_was():
    template = a_template()

    before, after = campaign_modal(), campaign_modal(template=template, variables=variables(template))

    assert [key for key in inputs(after) if not key.startswith("var:")] == list(inputs(before))
    assert [key for key in inputs(after) if key.startswith("var:")] == [
        "var:body:first_name", "var:body:discount", "var:button:0",
    ]  # fmt: skip


def test_a_template_with_an_offer_wants_its_end():
    view = campaign_modal(has_offer=True)

    assert inputs(view)[ids.OFFER_ENDS]["optional"] is False


@pytest.mark.parametrize(
    ("click_url", "words"),
    [("https://news.example/c/{{1}}", "full address"), (None, "Only the part that replaces")],
)
def test_the_link_says_whether_it_takes_an_address_or_a_suffix(click_url: str | None, words: str):
    template = a_template()

    view = campaign_modal(template=template, variables=variables(template), click_url=click_url)

    assert words in inputs(view)["var:button:0"]["hint"]["text"]


def test_a_template_of_pictures_alone_still_makes_a_modal():
    template = a_template(components=(component("HEADER", format="IMAGE"),))

    view = campaign_modal(template=template, variables=variables(template), initial=CampaignForm())

    check_view(view)
    assert "var:header:1" in inputs(view)


def test_a_template_without_any_text_still_makes_a_card():
    empty: Template = a_template(components=())

    check_message(approval_card(a_sheet(campaign=a_campaign(template=empty))))


@pytest.mark.parametrize("kind", Milestone)
def test_a_milestone_names_its_campaign_and_ends_as_a_sentence(kind: Milestone):
    said = milestone(kind, a_sheet(_S.SENDING, funnel=a_funnel()), actor="U0BRUNO", detail="the link is wrong")

    assert "*Spring sale*" in said
    assert said.endswith((".", "card."))


def test_a_reason_keeps_one_full_stop():
    said = milestone(Milestone.PAUSED, a_sheet(), actor="U0BRUNO", detail="The link is wrong.")

    assert said == "⏸️ *Spring sale* was paused by <@U0BRUNO>: The link is wrong."


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [(0, 0, ""), (0, 10, "0.0%"), (1, 3, "33.3%"), (1_999, 2_000, "99.9%"), (1, 100_000, "<0.1%"), (7, 7, "100.0%")],
)
def test_a_share_is_rounded_down_so_that_all_means_all(part: int, whole: int, written: str):
    assert phrases.percent(part, whole) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (5, "under a minute"),
        (154, "about 3 min"),
        (7_800, "about 2 h 10 min"),
        (10_800, "about 3 h"),
        (259_200, "about 3 days"),
    ],
)
def test_a_duration_is_an_estimate(seconds: float, written: str):
    assert phrases.duration(seconds) == written


@pytest.mark.parametrize(("seconds", "written"), [(43_200, "12 hours"), (86_400, "1 day"), (2_592_000, "30 days")])
def test_a_lifetime_is_exact(seconds: int, written: str):
    assert phrases.lifetime(seconds) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0", "USD 0.00"), ("0.004", "less than USD 0.01"), ("1234.5", "USD 1,234.50"), ("0.125", "USD 0.12")],
)
def test_money_has_two_decimals_and_is_never_rounded_to_nothing(amount: str, written: str):
    assert phrases.money(Decimal(amount), "USD") == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "at most USD 0.00"),
        ("0.004", "at most USD 0.01"),
        ("0.8034", "at most USD 0.81"),
        ("0.80", "at most USD 0.80"),
        ("1234567.001", "at most USD 1,234,567.01"),
    ],
)
def test_a_ceiling_is_never_rounded_down(amount: str, written: str):
    assert phrases.at_most(Decimal(amount), "USD") == written


@pytest.mark.parametrize("limit", range(1, 40))
def test_cutting_an_escaped_text_never_cuts_an_entity(limit: int):
    cut = phrases.safe("a<b>&c" * 5, limit)

    assert len(cut) <= limit
    assert re.fullmatch(r"(?:[abc]|&lt;|&gt;|&amp;)*…?", cut)


def test_a_cut_text_shows_that_something_is_missing():
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


def test_a_bar_is_full_only_when_everything_is_done():
    assert phrases.bar(999, 1_000) == "█" * 19 + "░"
    assert phrases.bar(1_000, 1_000) == "█" * 20
    assert phrases.bar(0, 0) == "░" * 20


BROKEN_MESSAGES = {
    "no text": ChatMessage("", [section("x")]),
    "long text": ChatMessage("x" * 4_001),
    "many blocks": ChatMessage("x", [section("x")] * 51),
    "much in all": ChatMessage("x", [section("x" * 2_900)] * 5),
    "one id twice": ChatMessage("x", [{**section("x"), "block_id": "same"}] * 2),
    "unknown block": ChatMessage("x", [{"type": "alert"}]),
    "empty section": ChatMessage("x", [{"type": "section"}]),
}


@pytest.mark.parametrize("message", BROKEN_MESSAGES.values(), ids=list(BROKEN_MESSAGES))
def test_the_check_finds_what_slack_would_refuse(message: ChatMessage):
    with pytest.raises(LimitError):
        check_message(message)


def test_the_check_finds_a_modal_with_inputs_and_no_submit():
    blocks = list(campaign_modal()["blocks"])

    with pytest.raises(LimitError, match="needs a submit"):
        check_view(modal("Title", blocks, callback_id=ids.NOTICE))

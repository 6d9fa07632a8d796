import re
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_builders import actions, button, input_block, listening, modal, option, plain, section, select, text_input
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.simulator.slack import PersonRefusedError, SlackSimulator

ANA = "U0ANA"


@pytest.fixture
def show(sim: SlackSimulator, app: AsyncApp, client: AsyncWebClient):
    """Return a function that opens a modal in front of Ana, from C0MARKETING."""

    @app.command("/open")
    async def on_command(ack: Any):
        await ack()

    async def opened(view: Any):
        outcome = await sim.command(ANA, "C0MARKETING", "/open")
        await client.views_open(trigger_id=outcome.payload["trigger_id"], view=view)
        return sim.view(ANA)

    return opened


def answering(app: AsyncApp, callback_id: str = "form", **answer: Any):
    """Let the Bolt app answer the submission of `callback_id`; returns the list of submitted bodies."""
    seen = []

    @app.view(callback_id)
    async def on_submit(ack: Any, body: Any):
        seen.append(body)
        await ack(**answer)

    return seen


def form(*blocks: Any, **fields: Any):
    return modal(*blocks, callback_id="form", **fields)


EVERY_KIND = {
    "text": (text_input("text"), "hello", {"type": "plain_text_input", "value": "hello"}),
    "number": (
        {"type": "number_input", "action_id": "number", "is_decimal_allowed": False},
        "7",
        {"type": "number_input", "value": "7"},
    ),
    "select": (select("a", "b", action_id="select"), "b", {"type": "static_select", "selected_option": option("b")}),
    "radio": (
        {"type": "radio_buttons", "action_id": "radio", "options": [option("a")]},
        "a",
        {"type": "radio_buttons", "selected_option": option("a")},
    ),
    "boxes": (
        {"type": "checkboxes", "action_id": "boxes", "options": [option("a"), option("b")]},
        ["a", "b"],
        {"type": "checkboxes", "selected_options": [option("a"), option("b")]},
    ),
    "many": (
        {"type": "multi_static_select", "action_id": "many", "options": [option("a"), option("b")]},
        ["b"],
        {"type": "multi_static_select", "selected_options": [option("b")]},
    ),
    "person": ({"type": "users_select", "action_id": "person"}, "U0BRUNO", {"selected_user": "U0BRUNO"}),
    "place": (
        {"type": "conversations_select", "action_id": "place"},
        "C0SHARED",
        {"type": "conversations_select", "selected_conversation": "C0SHARED"},
    ),
    "channels": (
        {"type": "multi_channels_select", "action_id": "channels"},
        ["C0GENERAL"],
        {"type": "multi_channels_select", "selected_channels": ["C0GENERAL"]},
    ),
    "date": ({"type": "datepicker", "action_id": "date"}, "2026-12-01", {"selected_date": "2026-12-01"}),
    "time": (
        {"type": "timepicker", "action_id": "time", "timezone": "Europe/Lisbon"},
        "09:00",
        {"type": "timepicker", "selected_time": "09:00", "timezone": "Europe/Lisbon"},
    ),
    "moment": ({"type": "datetimepicker", "action_id": "moment"}, 1_764_000_000, {"selected_date_time": 1_764_000_000}),
    "rich": ({"type": "rich_text_input", "action_id": "rich"}, "bold", {"type": "rich_text_input"}),
}


async def test_every_kind_of_input_arrives_in_its_own_shape(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(form(*[input_block(element) for element, _, _ in EVERY_KIND.values()]))

    outcome = await sim.submit(ANA, {name: wanted for name, (_, wanted, _) in EVERY_KIND.items()})

    assert outcome.is_ok
    values = seen[0]["view"]["state"]["values"]
    for name, (_, _, expected) in EVERY_KIND.items():
        assert expected.items() <= values[name][name].items()


async def test_untouched_inputs_arrive_with_their_initial_or_empty_value(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(
        form(
            input_block(text_input("named", initial_value="as before")),
            input_block(text_input("blank"), optional=True),
            input_block({"type": "datetimepicker", "action_id": "when"}, optional=True),
            input_block({"type": "multi_users_select", "action_id": "who"}, optional=True),
            input_block({"type": "conversations_select", "action_id": "here", "default_to_current_conversation": True}),
        )
    )

    await sim.submit(ANA)

    values = seen[0]["view"]["state"]["values"]
    assert values["named"]["named"]["value"] == "as before"
    assert values["blank"]["blank"]["value"] is None
    assert values["when"]["when"]["selected_date_time"] is None
    assert values["who"]["who"]["selected_users"] == []
    assert values["here"]["here"]["selected_conversation"] == "C0MARKETING"


async def test_the_client_stops_a_submission_with_holes_unless_forced(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(form(input_block(text_input("name"))))

    stopped = await sim.submit(ANA)
    forced = await sim.submit(ANA, force=True)

    assert list(stopped.errors) == ["name"]
    assert stopped.was_sent is False
    assert forced.was_sent is True
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("element", "wanted"),
    [
        (text_input("x", max_length=3), "four"),
        (text_input("x", min_length=3), "no"),
        ({"type": "number_input", "action_id": "x", "is_decimal_allowed": False}, "1.5"),
        ({"type": "number_input", "action_id": "x", "is_decimal_allowed": True}, "many"),
        ({"type": "number_input", "action_id": "x", "is_decimal_allowed": True, "max_value": "9"}, "10"),
        ({"type": "email_text_input", "action_id": "x"}, "nobody"),
        ({"type": "url_text_input", "action_id": "x"}, "ftp://example.com"),
    ],
)
async def test_the_client_complains_under_an_input_it_would_not_send(
    sim: SlackSimulator, show: Any, element: dict[str, Any], wanted: Any
):
    await show(form(input_block(element)))

    outcome = await sim.submit(ANA, {"x": wanted})

    assert list(outcome.errors) == ["x"]
    assert outcome.was_sent is False


@pytest.mark.parametrize(
    ("element", "wanted", "reason"),
    [
        (select("a", action_id="x"), "z", "not offered"),
        ({"type": "users_select", "action_id": "x"}, "U0NOBODY", "does not offer"),
        ({"type": "channels_select", "action_id": "x"}, "C0APPROVALS", "does not offer"),
        (
            {"type": "conversations_select", "action_id": "x", "filter": {"exclude_external_shared_channels": True}},
            "C0SHARED",
            "does not offer",
        ),
        (
            {"type": "multi_users_select", "action_id": "x", "max_selected_items": 1},
            ["U0ANA", "U0GUS"],
            "1 values at most",
        ),
        ({"type": "multi_users_select", "action_id": "x"}, "U0ANA", "takes a list"),
        ({"type": "datepicker", "action_id": "x"}, "tomorrow", "cannot show"),
        ({"type": "timepicker", "action_id": "x"}, "25:00", "cannot show"),
        ({"type": "file_input", "action_id": "x"}, ["F0NONE"], "no uploaded file"),
    ],
)
async def test_a_person_cannot_enter_what_the_element_does_not_take(
    sim: SlackSimulator, show: Any, element: dict[str, Any], wanted: Any, reason: str
):
    await show(form(input_block(element)))

    with pytest.raises(PersonRefusedError, match=reason):
        await sim.fill(ANA, {"x": wanted})


async def test_an_emptied_input_arrives_as_nothing(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(form(input_block(text_input("note", initial_value="old"), optional=True)))

    await sim.submit(ANA, {"note": ""})

    assert seen[0]["view"]["state"]["values"]["note"]["note"]["value"] is None


async def test_a_file_is_submitted_and_a_wrong_or_heavy_one_is_not(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(form(input_block({"type": "file_input", "action_id": "f", "filetypes": ["csv"], "max_files": 1})))
    people = sim.upload(ANA, "people.csv", b"phone\n+12025550101\n")

    with pytest.raises(PersonRefusedError, match="not of the types csv"):
        await sim.fill(ANA, {"f": [sim.upload(ANA, "people.pdf", b"%PDF").id]})
    with pytest.raises(PersonRefusedError, match="takes 10000000"):
        await sim.fill(ANA, {"f": [sim.upload(ANA, "huge.csv", b"x" * 10_000_001).id]})
    await sim.submit(ANA, {"f": [people.id]})

    files = seen[0]["view"]["state"]["values"]["f"]["f"]["files"]
    assert [(file["name"], file["size"]) for file in files] == [("people.csv", 19)]


async def test_an_input_that_does_not_exist_cannot_be_filled(sim: SlackSimulator, show: Any):
    await show(form(input_block(text_input("name"))))

    with pytest.raises(PersonRefusedError, match="it has name"):
        await sim.fill(ANA, {"title": "x"})


async def test_the_apps_errors_stand_under_their_inputs_and_the_modal_stays(
    sim: SlackSimulator, app: AsyncApp, show: Any
):
    answering(app, response_action="errors", errors={"name": "Taken"})
    await show(form(input_block(text_input("name"))))

    outcome = await sim.submit(ANA, {"name": "Spring"})

    assert outcome.errors == {"name": "Taken"}
    assert sim.view(ANA) is not None


async def test_errors_for_what_is_no_input_are_a_failure(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="errors", errors={"intro": "Wrong"})
    await show(form(section(block_id="intro"), input_block(text_input("name"))))

    outcome = await sim.submit(ANA, {"name": "Spring"})

    assert outcome.error == "invalid_response"
    assert "intro" in outcome.detail


async def test_a_submission_may_be_answered_with_the_next_view(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="update", view=form(section("Checking")))
    view = await show(form(section("First")))

    await sim.submit(ANA)

    assert sim.view(ANA) is view
    assert "Checking" in sim.text(view)


async def test_a_submission_may_be_answered_with_a_view_on_top(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="push", view=modal(section("Details")))
    below = await show(form(section("First")))

    await sim.submit(ANA)

    assert "Details" in sim.text(sim.view(ANA))
    await sim.close(ANA)
    assert sim.view(ANA) is below


async def test_a_submission_may_clear_the_whole_stack(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="clear")
    await show(form(section("First")))

    await sim.submit(ANA)

    assert sim.view(ANA) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "update", "view": {"type": "modal", "title": plain("x" * 30), "blocks": []}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"name": 7}},
        {"response_action": "explode"},
    ],
)
async def test_a_wrong_answer_to_a_submission_is_a_failure_and_the_modal_stays(
    sim: SlackSimulator, show: Any, answer: dict[str, Any]
):
    async def answer_wrongly(_request: Request):
        return JSONResponse(answer)

    await show(form(section("First"), input_block(text_input("name"), optional=True)))
    async with listening(Starlette(routes=[Route("/", answer_wrongly, methods=["POST"])])) as url:
        sim.transport.request_url = f"{url}/"
        outcome = await sim.submit(ANA)

    assert outcome.error == "invalid_response"
    assert sim.view(ANA) is not None


async def test_an_answer_that_claims_to_be_json_and_is_not_is_a_failure(sim: SlackSimulator, show: Any):
    async def answer_garbage(_request: Request):
        return Response("{", media_type="application/json")

    await show(form(section("First")))
    async with listening(Starlette(routes=[Route("/", answer_garbage, methods=["POST"])])) as url:
        sim.transport.request_url = f"{url}/"
        outcome = await sim.submit(ANA)

    assert (outcome.error, outcome.body) == ("invalid_response", "{")


async def test_a_redirect_is_not_followed(sim: SlackSimulator, show: Any):
    async def point_elsewhere(_request: Request):
        return RedirectResponse("/elsewhere")

    await show(form(section("First")))
    async with listening(Starlette(routes=[Route("/", point_elsewhere, methods=["POST"])])) as url:
        sim.transport.request_url = f"{url}/"
        outcome = await sim.submit(ANA)

    assert (outcome.status, outcome.error) == (307, "dispatch_failed")


async def test_a_fourth_view_pushed_by_a_submission_is_a_failure(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="push", view=form(section("Next")))
    await show(form(section("First")))

    outcomes = [await sim.submit(ANA) for _ in range(3)]

    assert [outcome.error for outcome in outcomes] == [None, None, "invalid_response"]
    assert "push_limit_reached" in outcomes[2].detail


async def test_the_cross_closes_the_whole_stack_from_the_top(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="push", view=modal(section("2"), callback_id="upper", notify_on_close=True))

    @app.view_closed(re.compile("form|upper"))
    async def on_close(ack: Any):
        await ack()

    await show(form(section("1"), notify_on_close=True))
    await sim.submit(ANA)
    outcomes = await sim.close(ANA, all_views=True)

    assert [outcome.payload["view"]["callback_id"] for outcome in outcomes] == ["upper", "form"]
    assert all(outcome.payload["is_cleared"] for outcome in outcomes)
    assert sim.view(ANA) is None


async def test_a_view_may_ask_to_close_everything_below_it(sim: SlackSimulator, app: AsyncApp, show: Any):
    answering(app, response_action="push", view=modal(section("2"), clear_on_close=True))
    await show(form(section("1")))
    await sim.submit(ANA)

    await sim.close(ANA)

    assert sim.view(ANA) is None


async def test_options_nobody_answers_are_none(sim: SlackSimulator, show: Any):
    view = await show(form(external()))

    outcome = await sim.options(ANA, view, "audience")

    assert (outcome.error, outcome.options) == ("dispatch_failed", [])


async def test_a_rich_text_is_taken_as_it_is(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}
    await show(form(input_block({"type": "rich_text_input", "action_id": "rich"})))

    await sim.submit(ANA, {"rich": rich})

    assert seen[0]["view"]["state"]["values"]["rich"]["rich"]["rich_text_value"] == rich


async def test_a_late_answer_is_seen_as_a_timeout(sim: SlackSimulator, app: AsyncApp, show: Any):
    sim.transport.ack_seconds = 0.05
    await show(form(section("First")))

    @app.view("form")
    async def on_submit():
        pass  # never acknowledges

    outcome = await sim.submit(ANA)

    assert outcome.error == "operation_timeout"
    assert sim.view(ANA) is not None


async def test_a_modal_without_a_submit_button_cannot_be_submitted(sim: SlackSimulator, show: Any):
    await show({"type": "modal", "title": plain("Read"), "blocks": [section()]})

    with pytest.raises(PersonRefusedError, match="no submit button"):
        await sim.submit(ANA)


async def test_nobody_submits_or_closes_a_modal_that_is_not_there(sim: SlackSimulator):
    with pytest.raises(PersonRefusedError, match="no modal open"):
        await sim.submit(ANA)
    with pytest.raises(PersonRefusedError, match="no modal open"):
        await sim.close(ANA)


async def test_closing_tells_the_app_only_when_it_asked(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = []

    @app.view_closed("form")
    async def on_close(ack: Any, body: Any):
        seen.append(body["is_cleared"])
        await ack()

    await show(form(section()))
    silent = await sim.close(ANA)
    await show(form(section(), notify_on_close=True))
    told = await sim.close(ANA)

    assert silent == []
    assert [outcome.kind for outcome in told] == ["view_closed"]
    assert seen == [False]


async def test_choosing_in_a_dispatching_input_tells_the_app_with_the_whole_state(
    sim: SlackSimulator, app: AsyncApp, show: Any
):
    seen = []

    @app.action("template")
    async def on_choice(ack: Any, body: Any, client: AsyncWebClient):
        seen.append(body)
        await ack()
        again = form(
            input_block(text_input("name")),
            input_block(select("t1", "t2", action_id="template"), dispatch_action=True),
            input_block(text_input("var:body:1")),
        )
        await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=again)

    template = input_block(select("t1", "t2", action_id="template"), dispatch_action=True)
    await show(form(input_block(text_input("name")), template))
    outcomes = await sim.fill(ANA, {"name": "Spring", "template": "t2"})
    await sim.wait_for(lambda: "var:body:1" in str(sim.view(ANA).blocks))

    assert [outcome.kind for outcome in outcomes] == ["block_actions"]
    assert seen[0]["actions"][0]["selected_option"]["value"] == "t2"
    assert seen[0]["view"]["state"]["values"]["name"]["name"]["value"] == "Spring"
    assert seen[0]["container"] == {"type": "view", "view_id": sim.view(ANA).id}
    assert sim.view(ANA).typed["template"]["template"]["selected_option"]["value"] == "t2"


async def test_a_button_in_a_modal_gives_a_trigger_to_push_with(sim: SlackSimulator, app: AsyncApp, show: Any):
    @app.action("more")
    async def on_click(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(section("More")))

    view = await show(form(section(), actions(button("more"))))
    await sim.click(ANA, view, "more")
    await sim.wait_for(lambda: sim.view(ANA) is not view)

    assert "More" in sim.text(sim.view(ANA))


async def test_an_input_that_does_not_dispatch_cannot_be_clicked(sim: SlackSimulator, show: Any):
    view = await show(form(input_block(select("a", action_id="x"))))

    with pytest.raises(PersonRefusedError, match="no dispatch_action"):
        await sim.click(ANA, view, "x", choice="a")


def external(**fields: Any):
    return input_block({"type": "external_select", "action_id": "audience", "min_query_length": 0, **fields})


async def test_an_external_select_asks_the_app_and_takes_only_what_it_offers(
    sim: SlackSimulator, app: AsyncApp, show: Any
):
    asked, seen = [], answering(app)

    @app.options("audience")
    async def on_options(ack: Any, payload: Any):
        asked.append(payload["value"])
        await ack(options=[option("vip"), option("all")])

    await show(form(external()))
    with pytest.raises(PersonRefusedError, match="only vip, all"):
        await sim.fill(ANA, {"audience": "nobody"})
    await sim.submit(ANA, {"audience": "vip"})

    assert asked == [""]
    assert seen[0]["view"]["state"]["values"]["audience"]["audience"]["selected_option"] == option("vip")


async def test_a_query_is_sent_once_it_is_long_enough(sim: SlackSimulator, app: AsyncApp, show: Any):
    @app.options("audience")
    async def on_options(ack: Any, payload: Any):
        groups = [{"label": plain("Found"), "options": [option(payload["value"])]}]
        await ack(option_groups=groups)

    view = await show(form(external(min_query_length=3)))
    with pytest.raises(PersonRefusedError, match="after 3 letters"):
        await sim.options(ANA, view, "audience", "vi")
    outcome = await sim.options(ANA, view, "audience", "vip")

    assert [found["value"] for found in outcome.options] == ["vip"]


async def test_more_than_a_hundred_options_are_refused(sim: SlackSimulator, app: AsyncApp, show: Any):
    @app.options("audience")
    async def on_options(ack: Any):
        await ack(options=[option(f"o{number}") for number in range(101)])

    view = await show(form(external()))
    outcome = await sim.options(ANA, view, "audience")

    assert outcome.error == "invalid_options"
    assert "no more than 100" in outcome.detail
    assert outcome.options == []


async def test_a_chosen_conversation_may_come_with_a_response_url(sim: SlackSimulator, app: AsyncApp, show: Any):
    seen = answering(app)
    await show(form(input_block({"type": "conversations_select", "action_id": "c", "response_url_enabled": True})))

    await sim.submit(ANA, {"c": "C0MARKETING"})

    assert seen[0]["response_urls"][0]["channel_id"] == "C0MARKETING"
    assert seen[0]["response_urls"][0]["response_url"].startswith(sim.url)

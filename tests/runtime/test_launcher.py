"""Meta is asked what the template is like now, its lifetime is set if that was approved, and only then it starts."""

import itertools
from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.instants import DAY, MINUTE, SECOND
from bot.domain.template import Template
from bot.ports.meta import MetaRefusedError, MetaUnavailableError
from bot.runtime.launcher import LaunchingRounds
from bot.whatsapp.failures import failure
from tests.builders import a_template, later
from tests.services.house import House
from tests.services.test_relaunching import capped


class FakeMeta:
    """Templates by id; `ignores_edits` answers yes to an edit and does nothing; errors are raised by method name."""

    def __init__(self, *templates: Template) -> None:
        self.templates = {template.id: template for template in templates}
        self.errors: dict[str, Exception] = {}
        self.edits: list[tuple[str, int]] = []
        self.ignores_edits = False
        self.media: set[str] = set()
        self.asked = 0

    async def template(self, template_id: str) -> Template | None:
        self.asked += 1
        self._fail("template")
        return self.templates.get(template_id)

    async def set_ttl(self, template_id: str, seconds: int) -> None:
        self._fail("set_ttl")
        self.edits.append((template_id, seconds))
        if not self.ignores_edits:
            self.templates[template_id] = replace(self.templates[template_id], ttl_seconds=seconds)

    async def has_media(self, media_id: str) -> bool:
        self._fail("has_media")
        return media_id in self.media

    def _fail(self, method: str) -> None:
        if method in self.errors:
            raise self.errors[method]


async def launch(house: House, meta: FakeMeta) -> list[int]:
    bells: list[int] = []
    counter = itertools.count()
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: bells.append(next(counter)))
    await rounds.round()
    return bells


async def outcome(house: House, campaign: Campaign) -> tuple[CampaignState, str]:
    now = await house.campaign(campaign.id)
    return now.state, now.reason or ""


async def test_a_due_campaign_starts_and_the_senders_are_woken(house: House):
    campaign = await house.approved()

    bells = await launch(house, FakeMeta(a_template()))

    assert await outcome(house, campaign) == (CampaignState.SENDING, "")
    assert len(bells) == 1


async def test_nothing_due_wakes_nobody(house: House):
    await house.planned()

    assert await launch(house, FakeMeta(a_template())) == []


async def test_the_approved_lifetime_is_set_read_back_and_then_it_starts(house: House):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())

    await launch(house, meta)

    assert meta.edits == [("900100", 43_200)]
    assert await outcome(house, campaign) == (CampaignState.SENDING, "")


async def test_a_lifetime_meta_did_not_take_starts_nothing(house: House):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())
    meta.ignores_edits = True

    await launch(house, meta)

    assert await outcome(house, campaign) == (
        CampaignState.CHANGES_REQUESTED,
        "Meta did not take the approved lifetime.",
    )


async def test_an_edit_meta_refuses_voids_the_approval_and_says_why(house: House):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())
    meta.errors["set_ttl"] = refusal(100)

    await launch(house, meta)

    state, reason = await outcome(house, campaign)
    assert state is CampaignState.CHANGES_REQUESTED
    assert "Meta refused" in reason


async def test_every_edit_is_on_record_before_it_is_asked_for(house: House):
    await house.approved(ttl_seconds=43_200)
    meta = FakeMeta(a_template())
    meta.errors["set_ttl"] = MetaUnavailableError("the answer got lost")

    await launch(house, meta)

    assert await house.read(lambda tx: tx.templates.edits_since("900100", house.now)) == 1


@pytest.mark.parametrize("method", ["template", "has_media"])
async def test_while_meta_is_away_a_campaign_waits_and_the_others_launch(house: House, method: str):
    media = a_template(id="900200", components=({"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}))
    waiting = await house.approved(token="AAAA", template=media, bindings={"header:1": "12345"})
    other = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    meta = FakeMeta(a_template(), media)
    meta.media = {"12345"}
    meta.errors[method] = MetaUnavailableError("down")

    await launch(house, meta)
    first = await outcome(house, waiting), await outcome(house, other)
    meta.errors = {}
    await launch(house, meta)

    assert first[0] == (CampaignState.APPROVED, "")
    assert first[1][0] is (CampaignState.SENDING if method == "has_media" else CampaignState.APPROVED)
    assert await outcome(house, waiting) == (CampaignState.SENDING, "")


async def test_an_uploaded_file_that_meta_forgot_voids_the_approval(house: House):
    media = a_template(components=({"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}))
    campaign = await house.approved(template=media, bindings={"header:1": "12345"})

    await launch(house, FakeMeta(media))

    state, reason = await outcome(house, campaign)
    assert (state, "upload it again" in reason) == (CampaignState.CHANGES_REQUESTED, True)


async def test_tampered_rows_are_never_launched(house: House):
    campaign = await house.approved()
    tamper = "UPDATE recipients SET parameters = x'00'"
    await house.write(lambda tx: tx.recipients._connection.execute(tamper).rowcount)

    await launch(house, FakeMeta(a_template()))

    state, reason = await outcome(house, campaign)
    assert (state, "no longer match" in reason) == (CampaignState.CHANGES_REQUESTED, True)


async def test_a_template_that_is_gone_voids_the_approval(house: House):
    campaign = await house.approved()

    await launch(house, FakeMeta())

    assert await outcome(house, campaign) == (CampaignState.CHANGES_REQUESTED, "The template is gone at Meta.")


async def test_another_try_asks_meta_about_the_template_first(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    meta = FakeMeta(a_template())
    meta.errors["template"] = MetaUnavailableError("down")

    await launch(house, meta)
    waiting = await outcome(house, campaign)
    meta.errors = {}
    bells = await launch(house, meta)

    assert waiting == (CampaignState.SENT, "")
    assert (await outcome(house, campaign), len(bells)) == ((CampaignState.SENDING, ""), 1)


async def test_another_try_on_a_changed_template_is_not_made(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    meta = FakeMeta(a_template(components=({"type": "BODY", "text": "Hello {{1}}, buy more."},)))

    await launch(house, meta)

    assert await outcome(house, campaign) == (CampaignState.SENT, "")
    assert any("No other try for 2 people" in text for text in await house.said())


async def test_another_try_without_the_uploaded_file_is_not_made(house: House):
    media = a_template(id="900200", components=({"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}))
    campaign = await capped(house, template=media, bindings={"header:1": "12345"})
    house.pass_time(DAY + 1)

    await launch(house, FakeMeta(media))

    assert (await outcome(house, campaign))[0] is CampaignState.SENT
    assert any("is no longer at Meta" in text for text in await house.said())


def refusal(code: int, **changes: bool) -> MetaRefusedError:
    return MetaRefusedError(failure(code, **changes))


#: What passes by itself, and what a manager has to mend for all campaigns at once.
PASSING = [refusal(1), refusal(2), refusal(4), refusal(80007), refusal(133015), refusal(100, is_transient=True)]
STANDING = [refusal(0), refusal(10), refusal(190), refusal(200), refusal(299), refusal(131031), refusal(999_999)]


@pytest.mark.parametrize("problem", [*PASSING, *STANDING], ids=lambda problem: str(problem.failure.code))
@pytest.mark.parametrize("method", ["template", "set_ttl", "has_media"])
async def test_a_fault_that_is_not_of_the_template_voids_no_approval(
    house: House, method: str, problem: MetaRefusedError
):
    media = a_template(id="900200", components=({"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}))
    campaign = await house.approved(template=media, bindings={"header:1": "12345"}, ttl_seconds=43_200)
    meta = FakeMeta(media)
    meta.media, meta.errors = {"12345"}, {method: problem}
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: None)

    await rounds.round()
    first = await outcome(house, campaign)
    meta.errors = {}
    house.pass_time(MINUTE)
    await rounds.round()

    assert first == (CampaignState.APPROVED, "")
    assert await outcome(house, campaign) == (CampaignState.SENDING, "")
    assert meta.edits == [("900200", 43_200)]


@pytest.mark.parametrize("code", [100, 2388019, 132001, 134102])
async def test_what_meta_refuses_of_the_template_itself_voids_the_approval(house: House, code: int):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())
    meta.errors["set_ttl"] = refusal(code)

    await launch(house, meta)

    state, reason = await outcome(house, campaign)
    assert (state, f"({code})" in reason) == (CampaignState.CHANGES_REQUESTED, True)


async def test_meta_is_asked_after_growing_pauses_and_the_thread_hears_of_it_once(house: House):
    campaign, meta = await house.approved(), FakeMeta(a_template())
    meta.errors["template"] = refusal(2)
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: None)
    asked = []
    for second in range(15 * 60):
        await rounds.round()
        if meta.asked > len(asked):
            asked.append(second)
        if second == 9 * 60:
            early = await house.said()
        house.pass_time(SECOND)

    pauses = [after - before for before, after in itertools.pairwise(asked)]
    assert pauses[:6] == [2, 4, 8, 16, 32, 60]
    assert set(pauses[6:]) == {60}
    assert await outcome(house, campaign) == (CampaignState.APPROVED, "")
    assert not any("Meta cannot be asked" in text for text in early)
    [said] = [text for text in await house.said() if "Meta cannot be asked" in text]
    assert "Meta's service is down for a moment (Meta’s error 2)" in said


async def test_a_fault_of_the_account_is_said_once_in_the_thread_and_to_the_approvers(house: House):
    campaign, meta = await house.approved(), FakeMeta(a_template())
    meta.errors["template"] = refusal(190)
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: None)

    for _ in range(3):
        await rounds.round()
        house.pass_time(10 * MINUTE)

    said = [text for text in await house.said() if "(Meta’s error 190)" in text]
    channels = await house.read(lambda tx: [one.channel for _, one in tx.notices.waiting(100) if "190" in one.text])
    assert len(said) == 2
    assert set(channels) == {None, "C0APPROVALS"}
    assert all("META_ACCESS_TOKEN" in text for text in said)
    assert (await house.campaign(campaign.id)).state is CampaignState.APPROVED


async def test_one_campaign_that_meta_refuses_holds_up_no_other(house: House):
    media = a_template(id="900200", components=({"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi"}))
    await house.approved(token="AAAA", template=media, bindings={"header:1": "12345"})
    other = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    meta = FakeMeta(a_template(), media)
    meta.errors["has_media"] = refusal(190)

    await launch(house, meta)

    assert (await outcome(house, other))[0] is CampaignState.SENDING


async def test_an_edit_whose_answer_got_lost_is_asked_for_again(house: House):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())
    meta.errors["set_ttl"] = MetaUnavailableError("the answer got lost")
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: None)
    for _ in range(3):
        await rounds.round()
        house.pass_time(MINUTE)
    waiting = await outcome(house, campaign)
    meta.errors = {}

    await rounds.round()

    assert waiting == (CampaignState.APPROVED, "")
    assert await outcome(house, campaign) == (CampaignState.SENDING, "")
    assert await house.read(lambda tx: tx.templates.edits_since("900100", later(days=-1))) == 1


async def test_an_edit_meta_refused_counts_against_no_quota(house: House):
    campaign, meta = await house.approved(ttl_seconds=43_200), FakeMeta(a_template())
    meta.errors["set_ttl"] = refusal(190)

    await launch(house, meta)

    assert (await house.campaign(campaign.id)).state is CampaignState.APPROVED
    assert await house.read(lambda tx: tx.templates.edits_since("900100", later(days=-1))) == 0


@pytest.mark.parametrize("problem", [refusal(2), refusal(190)], ids=lambda problem: str(problem.failure.code))
async def test_a_fault_that_is_not_of_the_template_ends_no_further_try(house: House, problem: MetaRefusedError):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    meta = FakeMeta(a_template())
    meta.errors["template"] = problem
    rounds = LaunchingRounds(house.store, meta, house.policy, house.clock, launched=lambda: None)
    await rounds.round()
    waiting = await outcome(house, campaign)
    meta.errors = {}
    house.pass_time(MINUTE)

    await rounds.round()

    assert waiting == (CampaignState.SENT, "")
    assert (await outcome(house, campaign))[0] is CampaignState.SENDING

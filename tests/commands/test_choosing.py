"""IDs, sender numbers and reach, straight at the service."""

from dataclasses import replace

import pytest

from bot.domain.audience import AudienceRule
from bot.domain.errors import InvalidInputError
from bot.ports.records import NumberStatus
from bot.ports.storage import Transaction
from bot.services.choosing import choose_number, choose_token, refusal, require_reach
from tests.builders import NOW, a_spec, a_template, add_campaign, add_people
from tests.commands.office import NUMBERS, Office, a_policy


async def test_an_id_is_short_and_free_of_letters_that_look_alike(office: Office):
    tokens = await office.store.read(lambda tx: [choose_token(tx, f"V{n}", a_spec(), "U0ANA")[0] for n in range(300)])

    assert {len(token) for token in tokens} == {5}
    assert not set("".join(tokens)) & set("01ILOU")
    assert len(set(tokens)) == 300


async def test_a_taken_id_grows_by_a_letter(office: Office):
    def choose(tx: Transaction) -> tuple[str, str]:
        token, _ = choose_token(tx, "V1", a_spec(), "U0ANA")
        add_campaign(tx, token=token, name="Somebody else's")
        return token, choose_token(tx, "V1", a_spec(), "U0ANA")[0]

    first, second = await office.write(choose)

    assert second.startswith(first)
    assert len(second) == len(first) + 1


async def test_the_same_form_finds_the_campaign_it_became_whatever_its_number(office: Office):
    def choose(tx: Transaction) -> tuple[object, object]:
        token, _ = choose_token(tx, "V1", a_spec(), "U0MARKETER")
        made = add_campaign(tx, token=token)
        again = replace(made.spec, phone_number_id="another")
        return made, choose_token(tx, "V1", again, "U0MARKETER")[1]

    made, found = await office.write(choose)

    assert found == made


async def test_a_blocked_number_is_chosen_only_when_all_are(office: Office):
    def choose(tx: Transaction) -> list[str]:
        chosen = []
        for number in NUMBERS:
            tx.numbers.put(NumberStatus(phone_number_id=number, blocked="restricted"))
            chosen.append(choose_number(tx, a_policy()))
        return chosen

    chosen = await office.write(choose)

    assert chosen == [NUMBERS[1], NUMBERS[0]]


async def test_somebody_who_may_be_written_to_is_found_behind_many_who_may_not(office: Office):
    def reach(tx: Transaction) -> None:
        for person_id in (1, 2, 3):
            tx.people.erase(person_id, NOW)
        add_people(tx, 700, opted_in=False, first=100)
        everybody = tx.audiences.by_name("Everybody")
        with pytest.raises(InvalidInputError, match="700 who match"):
            require_reach(tx, everybody, a_policy(), NOW)
        add_people(tx, 1, first=900)
        require_reach(tx, everybody, a_policy(), NOW)

    await office.write(reach)


async def test_nobody_matching_is_told_apart_from_nobody_willing(office: Office):
    await office.put_audience("Empty", AudienceRule(tags_all=frozenset({"none"})))

    with pytest.raises(InvalidInputError, match="Nobody matches"):
        await office.store.read(lambda tx: require_reach(tx, tx.audiences.by_name("Empty"), a_policy(), NOW))


@pytest.mark.parametrize(("public_url", "words"), [(None, "PUBLIC_URL"), ("https://news.example", None)])
def test_a_template_that_counts_clicks_is_refused_without_our_own_address(public_url: str | None, words: str | None):
    buttons = [{"type": "URL", "text": "Look", "url": "https://news.example/c/{{1}}"}]
    template = a_template(components=({"type": "BODY", "text": "Look"}, {"type": "BUTTONS", "buttons": buttons}))

    reason = refusal(template, public_url)

    assert (reason is None) if words is None else (words in str(reason))

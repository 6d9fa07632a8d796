import pytest

from bot.domain.audience import AudienceRule
from bot.domain.audience_form import read_audience_form


def test_typed_text_is_split_at_commas():
    form = read_audience_form(
        {
            "name": " Spring  sale ",
            "tags_any": "VIP, new",
            "tags_all": "shop",
            "tags_none": "staff",
            "countries": "br, nl",
            "languages": "pt-BR, EN",
            "not_messaged_days": " 7 ",
        },
        known_tags=["vip", "new", "shop", "staff"],
    )

    assert form.rule == AudienceRule(
        tags_any=frozenset({"vip", "new"}),
        tags_all=frozenset({"shop"}),
        tags_none=frozenset({"staff"}),
        countries=frozenset({"BR", "NL"}),
        languages=frozenset({"pt_br", "en"}),
        not_messaged_days=7,
    )
    assert (form.name, form.complaints, form.notes) == ("Spring sale", (), ())


def test_the_values_of_multi_selects_read_the_same_as_typed_text():
    typed = read_audience_form({"name": "A", "countries": "BR,NL", "tags_any": "vip,new"}, ["vip", "new"])
    selected = read_audience_form({"name": "A", "countries": ["NL", "BR"], "tags_any": ["vip", "new"]}, ["vip", "new"])

    assert typed == selected


def test_empty_inputs_restrict_nothing():
    form = read_audience_form({"name": "Everybody", "tags_any": "", "countries": None, "not_messaged_days": "0"}, [])

    assert (form.rule, form.complaints) == (AudienceRule(), ())


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": "  "}, "name", "needs a name"),
        ({"name": "x" * 76}, "name", "longer than 75"),
        ({"countries": "BR, Brasil"}, "countries", "“Brasil” is not a country code"),
        ({"countries": "UK"}, "countries", "use GB"),
        ({"not_messaged_days": "-3"}, "not_messaged_days", "whole days"),
        ({"not_messaged_days": "1,5"}, "not_messaged_days", "whole days"),
        ({"not_messaged_days": "soon"}, "not_messaged_days", "whole days"),
        ({"not_messaged_days": "9999"}, "not_messaged_days", "whole days"),
        ({"tags_all": "vip", "tags_none": "VIP"}, "tags_none", "“vip”"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(fields: dict[str, str], field: str, words: str):
    form = read_audience_form({"name": "A", **fields}, ["vip"])

    [(where, sentence)] = form.complaints
    assert where == field
    assert words in sentence


def test_unknown_tags_are_noted_and_stop_nothing():
    form = read_audience_form({"name": "A", "tags_any": "vip, vpi"}, ["vip"])

    assert (form.complaints, form.notes) == ((), ("Nobody has these tags yet: vpi.",))


def test_a_country_meta_does_not_deliver_to_is_noted():
    form = read_audience_form({"name": "A", "countries": "US, BR"}, [])

    assert form.complaints == ()
    assert "no marketing messages to US" in form.notes[0]

"""Who is what: from the settings, by user and by group, and never across workspaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import NotAllowedError
from bot.domain.roles import Actor, Role, Roster, require

ROSTER = Roster(admins=("U1",), approvers=("S1", "U2"), marketers=("U3",), team="T1")


@pytest.mark.parametrize(
    ("user", "groups", "expected"),
    [
        ("U1", set(), {Role.ADMIN, Role.MARKETER}),
        ("U2", set(), {Role.APPROVER}),
        ("U3", {"S1"}, {Role.MARKETER, Role.APPROVER}),
        ("U9", {"S1"}, {Role.APPROVER}),
        ("U9", {"S2"}, set()),
    ],
)
def test_roles_come_from_the_lists_by_user_or_group(user: str, groups: set[str], expected: set[Role]):
    assert ROSTER.roles_of(user, frozenset(groups), is_full_member=True) == expected


@pytest.mark.parametrize(("is_full_member", "expected"), [(True, {Role.MARKETER}), (False, set())])
def test_without_a_list_every_full_member_is_a_marketer_and_no_guest_is(is_full_member: bool, expected: set[Role]):
    assert Roster().roles_of("U9", frozenset(), is_full_member=is_full_member) == expected


def test_admins_approve_only_if_they_are_listed_as_approvers():
    assert Role.APPROVER not in ROSTER.roles_of("U1", frozenset(), is_full_member=True)


def test_only_groups_have_to_be_asked_about():
    assert ROSTER.groups() == {"S1"}


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(Role))
def test_an_outsider_may_nothing_whatever_they_are(roles: frozenset[Role], wanted: Role):
    with pytest.raises(NotAllowedError, match="another workspace"):
        require(Actor(user="U1", team="T2", roles=roles, is_outsider=True), wanted)


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(Role))
def test_everybody_else_may_what_their_roles_say_and_is_told_whom_to_ask(roles: frozenset[Role], wanted: Role):
    actor = Actor(user="U1", team="T1", roles=roles)

    if wanted in roles:
        require(actor, wanted)
        return

    with pytest.raises(NotAllowedError, match="ARAUTO_"):
        require(actor, wanted)

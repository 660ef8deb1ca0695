"""The table of permissions, pure over facts."""

from __future__ import annotations

import itertools

import pytest

from consult.core.permissions import TABLE, Facts, Permission, allows, decide
from consult.core.vocabulary import PhaseKind, Role

OPEN = frozenset(PhaseKind)


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_has_a_row_with_a_sentence(permission: Permission) -> None:
    rule = TABLE[permission]
    assert rule.sentence.endswith(".")
    assert rule.roles


def test_nobody_without_a_role_is_allowed_anything() -> None:
    assert not any(allows(p, Facts(roles=frozenset(), open_phases=OPEN)) for p in Permission)


def test_more_roles_never_allow_less() -> None:
    for permission, (one, two) in itertools.product(Permission, itertools.combinations(Role, 2)):
        if allows(permission, Facts(frozenset({one}), OPEN)):
            assert allows(permission, Facts(frozenset({one, two}), OPEN)), (permission, one, two)


def test_a_closed_phase_is_said_as_such() -> None:
    verdict = decide(Permission.submit_proposal, Facts(frozenset({Role.account}), frozenset()))
    assert not verdict.allowed
    assert verdict.phase_closed


def test_an_unpublished_process_is_hidden_from_outsiders() -> None:
    for role in (Role.anonymous, Role.account):
        assert decide(Permission.view_process, Facts(frozenset({role}), OPEN, published=False)).hidden
    assert allows(Permission.view_process, Facts(frozenset({Role.account, Role.facilitator}), OPEN, published=False))


OPEN_DOORS = {
    Permission.contribute,
    Permission.answer_questionnaire,
    Permission.attend_meeting,
    Permission.request_paper_file,
}


@pytest.mark.parametrize("permission", [p for p in Permission if TABLE[p].writes])
def test_an_anonymous_visitor_has_only_these_doors(permission: Permission) -> None:
    allowed = allows(permission, Facts(frozenset({Role.anonymous}), OPEN))
    assert allowed == (permission in OPEN_DOORS)

"""Valid answers, coarsening, lists of invitees."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.listening.surveys import rules
from consult.listening.surveys.types import Option, QuestionRow

OPTIONS = (Option("o1", "Treno"), Option("o2", "Autobus"), Option("o3", "Bici"))
PLACES = frozenset({"z:1", "m:2"})


def _question(kind: str, *, required: bool = False, **settings: object) -> QuestionRow:
    return QuestionRow(
        uuid.uuid4(),
        1,
        1,
        kind,
        "Domanda?",
        "",
        "",
        required,
        OPTIONS if kind in {"single", "multiple"} else (),
        settings,
    )


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("long", "  Più\r\ntreni  ", "Più\ntreni"),
        ("short", "più   treni", "più treni"),
        ("single", "o2", "o2"),
        ("multiple", ["o3", "o1", "o1"], ["o1", "o3"]),
        ("multiple", "o1", ["o1"]),
        ("yes_no", "no", "no"),
        ("scale", "3", 3),
        ("place", "z:1", "z:1"),
        ("speaker", "association", "association"),
        ("long", "   ", None),
        ("multiple", [], None),
    ],
)
def test_valid_answers(kind: str, sent: object, kept: object) -> None:
    question = _question(kind)
    values, problems = rules.clean_values([question], {str(question.id): sent}, PLACES)
    assert problems == {}
    assert values.get(str(question.id)) == kept


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("single", "o9"),
        ("single", "Treno"),
        ("multiple", ["o1", "o9"]),
        ("yes_no", "forse"),
        ("scale", "6"),
        ("scale", "-1"),
        ("scale", "1e3"),
        ("scale", "٣"),
        ("place", "z:9"),
        ("speaker", "king"),
        ("speaker", "associazione"),
        ("long", "x" * 5001),
        ("short", "x" * 301),
        ("long", "a\x00b"),
        ("long", "\ud800"),
    ],
)
def test_impossible_answers_have_a_sentence(kind: str, sent: object) -> None:
    question = _question(kind)
    values, problems = rules.clean_values([question], {str(question.id): sent}, PLACES)
    assert values == {}
    assert problems[str(question.id)].endswith((".", "(NUL).", "salvare."))


def test_required_and_most() -> None:
    needed, most = _question("long", required=True), _question("multiple", most=1)
    _values, problems = rules.clean_values([needed, most], {str(most.id): ["o1", "o2"]}, PLACES)
    assert set(problems) == {str(needed.id), str(most.id)}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from([None, *[uuid.UUID(int=i) for i in range(4)]]), st.sampled_from([None, "a", "b"])),
        st.integers(1, 9),
    )
)
def test_what_is_kept_is_shared_by_five(invited: dict[tuple[uuid.UUID | None, str | None], int]) -> None:
    for zone, kind in invited:
        its_zone, its_kind = rules.coarsen(zone, kind, invited)
        assert (its_zone, its_kind) in {(zone, kind), (zone, None), (None, kind), (None, None)}
        if its_zone is not None or its_kind is not None:
            sharing = sum(
                n
                for (z, k), n in invited.items()
                if (its_zone is None or z == its_zone) and (its_kind is None or k == its_kind)
            )
            assert sharing >= 5


def test_lists_of_invitees() -> None:
    people, bad = rules.read_invitees(
        "\ufeffZona;E-mail;Organizzazione;Tipo\n5;Una@Example.org;Comune A;comune\n;due@example.org;;\n"
        ";storta;;\n;una@example.org;;\n;tre@example.org;;marziano\n\n"
    )
    assert [(p.email, p.organisation, p.speaker_kind, p.zone) for p in people] == [
        ("una@example.org", "Comune A", "municipality", "5"),
        ("due@example.org", "", None, ""),
    ]
    assert [number for number, _why in bad] == [4, 5, 6]
    people, bad = rules.read_invitees("a@example.org\n" + "x" * 200_000 + "\nb@example.org\n")
    assert [person.email for person in people] == ["a@example.org"]
    assert bad[0][1].startswith("Da questa riga in poi non si legge")
    plain, _bad = rules.read_invitees("a@example.org\nb@example.org, Ente, scuola, 2\n")
    assert [(p.email, p.organisation, p.speaker_kind, p.zone) for p in plain] == [
        ("a@example.org", "", None, ""),
        ("b@example.org", "Ente", "education", "2"),
    ]


@given(st.text(max_size=300))
def test_any_list_is_read_without_failing(text: str) -> None:
    rules.read_invitees(text)


def test_tokens_are_128_bits_and_a_reminder_has_the_same_link() -> None:
    key = uuid.uuid4()
    assert rules.token_of(key, "secret") == rules.token_of(key, "secret")
    assert rules.token_of(key, "secret") != rules.token_of(key, "other")
    assert len(rules.token_of(key, "secret")) == len(rules.new_token()) == 22

"""Passwords, names, addresses, periods."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consult.core.errors import Invalid
from consult.people import rules


@pytest.mark.parametrize(
    "password",
    [
        "corta",
        "aaaaaaaaaaaa",
        "ababababab",
        "password123",
        "Qwertyuiop1",
        "1234567890",
        "mariarossi-99",
        "juventus123",
        "",
    ],
)
def test_easy_passwords_are_refused_with_a_sentence(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_password(password, email="mariarossi@example.org", display_name="Maria Rossi")
    assert refusal.value.fields["password"]


@pytest.mark.parametrize("password", ["tre parole insieme", "cavallo-graffetta", "🚲🌳🏔️🌊🌲🚋🎒🥾🧭🗺️", "n0n la trovi"])
def test_long_plain_passwords_pass(password: str) -> None:
    rules.check_password(password, email="maria@example.org", display_name="Maria")


def test_the_hash_is_argon2id_with_the_parameters_we_promise() -> None:
    hashed = rules.hash_password("tre parole insieme")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert rules.password_matches(hashed, "tre parole insieme")
    assert not rules.password_matches(hashed, "tre parole insieme ")
    assert not rules.password_matches(None, "tre parole insieme")
    assert not rules.password_matches("not a hash", "tre parole insieme")


def test_the_same_password_typed_on_another_keyboard_matches() -> None:
    assert rules.password_matches(rules.hash_password("caffe\u0300 e ciambelle"), "caff\u00e8 e ciambelle")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maria",
        "maria@",
        "@example.org",
        "a@b@c.it",
        "maria@example.org\nBcc: x@y.it",
        "maria @example.org",
        "a" * 300 + "@x.it",
    ],
)
def test_malformed_addresses_are_refused(address: str) -> None:
    with pytest.raises(Invalid):
        rules.check_email(address)


def test_an_address_is_kept_in_one_spelling() -> None:
    assert rules.check_email("  Maria.ROSSI@Example.ORG ") == "maria.rossi@example.org"


@pytest.mark.parametrize("name", ["", "x", "!!!", " \t ", "🙂🙂", "a" * 81, "\x00abc"])
def test_names_nobody_can_read_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        rules.check_name(name)


def test_names_lose_direction_marks_and_keep_accents() -> None:
    assert rules.check_name("Niccolo\u0300 \u202eattacco") == "Niccolò attacco"


def test_a_night_begins_at_three_by_the_authoritys_clock() -> None:
    assert rules.night_of(datetime(2027, 7, 2, 0, 30, tzinfo=UTC), "Europe/Rome") == "2027-07-01"
    assert rules.night_of(datetime(2027, 7, 2, 1, 0, tzinfo=UTC), "Europe/Rome") == "2027-07-02"

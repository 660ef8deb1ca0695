"""Digest periods and the unsubscribe link."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from consult.notices.rules import Digest, account_of_token, periods_due, unsubscribe_token


def test_a_period_begins_at_seven_and_keeps_its_key_until_the_next() -> None:
    seven = datetime(2027, 1, 4, 6, 0, tzinfo=UTC)  # Monday, 7 in Rome.
    before = dict(periods_due(seven - timedelta(minutes=1), "Europe/Rome"))
    after = dict(periods_due(seven, "Europe/Rome"))
    assert before == {Digest.daily: "2027-01-03", Digest.weekly: "2026-W53"}
    assert after == {Digest.daily: "2027-01-04", Digest.weekly: "2027-W01"}
    assert dict(periods_due(seven + timedelta(hours=23), "Europe/Rome")) == after


def test_an_unsubscribe_link_opens_only_what_we_signed() -> None:
    account_id = uuid.uuid4()
    token = unsubscribe_token("secret", account_id)
    assert account_of_token("secret", token) == account_id
    assert account_of_token("other", token) is None
    for bad in ("", "x", token[:-1], token + "a", "ImFiYyI." + token.partition(".")[2], "\ud800"):
        assert account_of_token("secret", bad) is None

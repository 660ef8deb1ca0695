"""Rules of sources: what may be shown, receipt codes, languages, keys of imported rows."""

from __future__ import annotations

import uuid
from dataclasses import replace

from consult.listening.sources import rules
from consult.listening.sources.types import SourceCard

CARD = SourceCard(
    id=uuid.uuid4(), process_id=uuid.uuid4(), text="Serve un treno alle sei.", channel="interview", zone_id=None, zone_code="2",
    zone_name="Valle", municipality=None, speaker_kind="resident", language="it", visibility="internal", quotable="anonymous",
    attribution="sindaca di un comune montano", state="live", said_on=None, revision=1, unit_kind=None, unit_id=None, position=0,
    note_kind=None, agreed=None, voice_id=None,
)  # fmt: skip


def test_internal_sources_are_quoted_only_as_far_as_consent_goes() -> None:
    assert not rules.may_show(CARD)
    assert rules.may_quote(CARD)
    assert rules.public_card(CARD).attribution == ""
    assert rules.public_card(replace(CARD, quotable="role")).attribution == "sindaca di un comune montano"
    silent = rules.public_card(replace(CARD, quotable="none"))
    assert (silent.text, silent.attribution) == ("", "")


def test_withdrawn_and_hidden_sources_are_never_shown() -> None:
    for state in ("withdrawn", "hidden"):
        card = replace(CARD, visibility="public", state=state)
        assert not rules.may_show(card)
        assert not rules.may_quote(card)
        assert rules.public_card(card).text == ""


def test_a_receipt_code_is_found_however_it_is_typed() -> None:
    code = rules.new_receipt_code()
    assert len(code) == 19
    assert rules.receipt_hash(code) == rules.receipt_hash(code.lower().replace("-", "  "))
    assert rules.receipt_hash("AAAA-0000-1111-LLLL") == rules.receipt_hash("aaaa oooo iiii 1111")
    assert rules.receipt_hash("") is None
    assert rules.receipt_hash("../../etc/passwd") is None
    assert len({rules.new_receipt_code() for _ in range(500)}) == 500


def test_languages() -> None:
    assert rules.detect_language("Chiediamo più treni la sera per tornare in valle.") == "it"
    assert rules.detect_language("We need more trains in the evening to get back home from work.") == "en"
    assert rules.detect_language("Il faudrait davantage de trains le soir pour rentrer à la maison.") == "fr"
    assert rules.detect_language("ok", "fr") == "fr"
    # While somebody waits: by how it begins where that is clear, else by more of it, and never by less than three words.
    assert rules.soon_detected("Il faudrait davantage de trains le soir pour rentrer à la maison.") == "fr"
    assert rules.soon_detected("Lyon, Torino, Milano, Genova, Nizza, Monaco, Berna: we need more trains to all these places.") == "en"
    assert rules.soon_detected("https://www.example.org/treni-della-sera-per-le-valli here") == "it"


def test_import_keys_tell_equal_texts_apart_by_occurrence() -> None:
    assert rules.import_key("testo", "sì", 1) == rules.import_key("testo", "sì", 1)
    assert rules.import_key("testo", "sì", 1) != rules.import_key("testo", "sì", 2)
    assert rules.import_key("testo", "sì", 1) != rules.import_key("altro", "sì", 1)


def test_speakers_by_code_and_by_word() -> None:
    assert rules.speaker_from("Università e ricerca") == "research"
    assert rules.speaker_from("trade_union") == "trade_union"
    assert rules.speaker_from("marziano") is None

"""Sentences, language, marks and personal data of one text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.analytics import prepare
from consult.analytics.lexical import WORD


def parts(text: str) -> list[str]:
    return [text[span.start : span.end] for span in prepare.sentences(text)]


def test_abbreviations_and_initials_do_not_end_a_sentence() -> None:
    text = "Il sig. Bianchi, dell'art. 3 n. 5, ha ragione. La via G. Verdi è buia, ecc. ecc. come sempre! Perché?"
    assert parts(text) == [
        "Il sig. Bianchi, dell'art. 3 n. 5, ha ragione.",
        "La via G. Verdi è buia, ecc. ecc. come sempre! Perché?",
    ]


def test_list_items_are_sentences_without_their_marks() -> None:
    assert parts("- più treni la sera\n- meno auto in centro\n3) piste ciclabili sicure davvero") == [
        "più treni la sera",
        "meno auto in centro",
        "piste ciclabili sicure davvero",
    ]


def test_sentences_starting_in_lower_case_are_found() -> None:
    assert parts("non passa mai il bus. nessuno risponde al telefono. basta così") == [
        "non passa mai il bus.",
        "nessuno risponde al telefono. basta così",
    ]


@given(st.text(max_size=400))
def test_sentences_are_ordered_disjoint_and_verbatim_on_any_text(text: str) -> None:
    clean = prepare.readable(text)
    assert len(clean) == len(text)
    end = 0
    for span in prepare.sentences(clean):
        assert end <= span.start < span.end <= len(clean)
        piece = clean[span.start : span.end]
        assert piece == piece.strip()
        end = span.end


@settings(deadline=None)  # The first text loads the language model.
@given(st.text(max_size=200))
def test_every_text_gets_a_digest_marks_and_a_language(text: str) -> None:
    clean = prepare.readable(text)
    assert len(prepare.digest(text)) == 32
    assert prepare.language_of(clean, ("it", "en", "fr"), "it") in {"it", "en", "fr"}
    marks = prepare.marks_of(clean, prepare.personal_spans(clean))
    assert ("empty" in marks) or len(WORD.findall(clean)) >= 2


def test_digest_ignores_case_accents_spaces_and_marks() -> None:
    assert prepare.digest("Più  treni, la SERA!") == prepare.digest("piu treni la sera")
    assert prepare.digest("più treni la sera") != prepare.digest("più bus la sera")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The broadband is too slow in our village and nobody answers.", "en"),
        ("Il n'y a pas assez de bus le soir dans notre vallée.", "fr"),
        ("Non c'è abbastanza autobus la sera nella nostra valle.", "it"),
        ("wifi ok", "it"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert prepare.language_of(text, ("it", "en", "fr"), "it") == language


@pytest.mark.parametrize("text", ["", "   ", "non so", "Boh...", "N/A", "!!!", "aaaaaa aaaa", "Niente."])
def test_answers_that_say_nothing_are_empty(text: str) -> None:
    assert "empty" in prepare.marks_of(text, ())


def test_evidence_is_two_signs_of_four() -> None:
    rich = "Mia madre ha aspettato otto mesi una visita, perché a Pinerolo c'è un solo specialista per tutta la valle."
    assert "evidence" in prepare.marks_of(rich, ())
    assert "evidence" not in prepare.marks_of(
        "Vorrei che la sanità funzionasse meglio per tutti noi che viviamo qui in valle da sempre.", ()
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("scrivetemi a rossi.m@example.org grazie", ["rossi.m@example.org"]),
        ("il mio numero è 333 1234567", ["333 1234567"]),
        ("chiamate lo 011 4321000", ["011 4321000"]),
        ("codice RSSMRA80A01L219X qui", ["RSSMRA80A01L219X"]),
        ("la dott.ssa Neri non c'è mai", ["dott.ssa Neri"]),
        ("ho aspettato 45 minuti nel 2023 e pagato 1.250 euro", []),
    ],
)
def test_personal_data(text: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in prepare.personal_spans(text)] == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Servono più medici nelle valli, mancano da anni.", "need"),
        ("Propongo di istituire un biglietto unico.", "proposal"),
        ("Il bus è sempre in ritardo, una vergogna.", "criticism"),
        ("Quando apre il nuovo ospedale?", "question"),
        ("La valle d'inverno.", None),
    ],
)
def test_kind_where_the_words_say_so(text: str, kind: str | None) -> None:
    assert prepare.kind_of(text) == kind

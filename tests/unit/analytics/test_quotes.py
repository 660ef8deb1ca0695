"""A quote can be read alone and says something of its theme; a theme that loses quotes is quoted as if they had never been there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consult.analytics import pipeline, quotes
from consult.analytics.alone import HARDLY_ALONE, readable_alone
from consult.analytics.embedding import LexicalEmbedder
from consult.analytics.refresh import told_anew
from consult.analytics.types import FrameTarget, Parameters, Quote, SourceText, Span

ALONE = [
    ("it", "Il treno della sera va rimesso, chi lavora in città resta a piedi."),
    ("it", "Ho aspettato due anni una visita dallo specialista."),
    ("it", "Lo sportello apre due mattine alla settimana."),
    ("it", "La lana la paghiamo noi per smaltirla, come rifiuto."),
    ("it", "Servono più treni la sera per chi fa i turni."),
    ("it", "Chiudono le botteghe e restano soltanto i bar."),
    ("it", "È difficile trovare un medico che resti in montagna."),
    ("it", "In questo comune la biblioteca apre due volte alla settimana."),
    ("it", "So che il treno delle sei è stato tolto senza avvisare nessuno."),
    ("it", "Bene comune vuol dire acqua pubblica e tubi che non perdono."),
    ("en", "Car parks near the stations are full before seven."),
    ("en", "Buses should run later in the evening."),
    ("fr", "Il faut rouvrir la petite gare de la vallée."),
    ("fr", "Organiser des réunions ouvertes dans chaque quartier."),
]
NOT_ALONE = [
    ("it", "Se potessi chiedere una cosa sola?"),
    ("it", "Ho 61 anni, amministro la contabilità di una piccola impresa."),
    ("it", "Chiudo con questo: il consorzio fa quello che può."),
    ("it", "Oppure un bus che passi almeno due volte al giorno."),
    ("it", "L'abbiamo provato in piccolo con dodici allievi."),
    ("it", "Ne ho contate tredici solo nel mio comune."),
    ("it", "Lo vedo andare via ogni sera dal finestrino."),
    ("it", "Gestiscono server, firme, siti e formazione dei colleghi."),
    ("it", "È un mestiere vero, ma nessuno lo conta."),
    ("it", "Non per bontà, perché conviene anche a voi."),
    ("it", "Questa è la differenza tra essere curati e arrangiarsi."),
    ("it", "È inoltre istituito un fondo per le imprese."),
    ("it", "Energia pulita per chi?"),
    ("en", "They never answer when you call in the morning."),
    ("en", "Hello everyone and thank you for the invitation."),
    ("fr", "Pourtant, les trains du matin sont toujours pleins."),
    ("fr", "Il serait donc utile de revoir les horaires."),
    ("fr", "Elles demandent seulement des horaires plus clairs."),
]


def _worth(words: str, language: str, named: int = 0) -> float:
    return readable_alone(words, 0, len(words), named=named, language=language)


@pytest.mark.parametrize(("language", "words"), ALONE)
def test_what_stands_alone_loses_nothing(language: str, words: str) -> None:
    assert _worth(words, language) == 1.0


@pytest.mark.parametrize(("language", "words"), NOT_ALONE)
def test_what_needs_others_is_hardly_quoted(language: str, words: str) -> None:
    assert _worth(words, language) <= HARDLY_ALONE


def test_a_question_that_names_the_subject_may_be_the_proposal() -> None:
    words = "Perché non fate un servizio a chiamata la notte?"
    assert _worth(words, "it", named=1) > HARDLY_ALONE > _worth(words, "it")


def test_what_announces_is_told_by_the_colon_behind_it() -> None:
    text = "Chiediamo tre interventi per la nostra linea: treni, bus e biciclette."
    end = text.index(":")
    assert readable_alone(text, 0, end) < HARDLY_ALONE
    assert readable_alone(text, 0, len(text)) == 1.0


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Bonjour, Mon idée est de rouvrir la gare de la vallée.", "Mon idée est de rouvrir la gare de la vallée."),
        ("Assunzioni. Senza macchinisti i binari nuovi non servono.", "Senza macchinisti i binari nuovi non servono."),
        ("Il treno. Così.", "Il treno. Così."),
    ],
)
def test_a_quote_begins_where_something_is_said(text: str, quoted: str) -> None:
    span = quotes.whole_span(text, Span(0, len(text)))
    assert span is not None
    assert text[span.start : span.end] == quoted


def test_what_cannot_be_read_alone_is_let_go_where_enough_is_said(lexical: LexicalEmbedder) -> None:
    said = [
        "Il treno della sera va rimesso per chi lavora in città.",
        "I treni del mattino sono pieni e i pendolari restano in piedi.",
        "Serve un treno anche la domenica per la nostra valle.",
        "Il treno salta la stazione e nessuno avvisa i pendolari.",
    ]
    poor = ["Lo aspettiamo ogni mattina, il treno, senza sapere niente.", "E il treno dei pendolari a che ora arriva?"]

    def quoted(texts: list[str]) -> set[str]:
        sources = [SourceText(f"q{n}", text) for n, text in enumerate(texts)]
        found = pipeline.aggregate(pipeline.prepare(sources, lexical), embedder=lexical)
        return {quote.text for theme in found.themes for quote in theme.quotes}

    assert quoted([*said, *poor]) == set(said)
    assert quoted([*said[:1], *poor]) & set(poor), "where nobody says it better, it is quoted"


def test_a_theme_quoted_anew_is_quoted_as_a_full_run_does(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    prepared = pipeline.prepare(sources, lexical)
    result = pipeline.aggregate(prepared, frame, embedder=lexical)
    copies = {name: group.key for group in result.duplicates for name in group.source_ids}
    theme = max(result.themes, key=lambda theme: len(theme.members))
    spans = {member.source_id: member.spans for member in theme.members}

    def again(gone: frozenset[str]) -> tuple[Quote, ...]:
        own = [item for item in prepared if item.source.id in spans and item.source.id not in gone]
        arguments = {item.source.id: copies.get(item.source.id, item.digest) for item in own}
        return told_anew(own, arguments, spans, theme.key, theme.keywords, result.model, Parameters()).quotes().chosen

    assert again(frozenset()) == theme.quotes
    lost = frozenset(quote.source_id for quote in theme.quotes[:2])
    found = again(lost)
    assert len(found) == len(theme.quotes)
    assert not lost & {quote.source_id for quote in found}
    by_id = {source.id: source.text for source in sources}
    assert all(by_id[quote.source_id][quote.start : quote.end] == quote.text for quote in found)
    assert again(frozenset(spans)) == ()


def test_a_sentence_in_another_language_comes_late() -> None:
    words = "The train is late every single morning."
    candidate = quotes.Candidate("s", words, Span(0, len(words)), "v", "a", None, None, 8, language="en")
    assert quotes.worth_of(replace(candidate, foreign=True)) == quotes.FOREIGN_LOSS

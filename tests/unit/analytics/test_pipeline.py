"""The whole: same result in any order, verbatim quotes, kept themes, suggestions."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.analytics import pipeline
from consult.analytics.embedding import E5Embedder, LexicalEmbedder, pack, unpack
from consult.analytics.phrases import PhraseCounter
from consult.analytics.types import Aggregation, FrameTarget, KnownTheme, Parameters, SourceText


def printed(result: Aggregation) -> str:
    return json.dumps(asdict(result), default=lambda value: value.hex(), sort_keys=False)


def run(
    sources: list[SourceText],
    embedder: LexicalEmbedder | E5Embedder,
    frame: tuple[FrameTarget, ...] = (),
    **more: object,
) -> Aggregation:
    prepared = pipeline.prepare(sources, embedder)
    return pipeline.aggregate(prepared, frame, embedder=embedder, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("with_frame", [True, False])
def test_same_bytes_in_any_order(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder, with_frame: bool
) -> None:
    targets = frame if with_frame else ()
    expected = printed(run(sources, lexical, targets))
    for seed in range(4):
        shuffled = sources[:]
        random.Random(seed).shuffle(shuffled)
        assert printed(run(shuffled, lexical, targets)) == expected


def test_frame_themes_stand_under_the_right_strategy(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    result = run(sources, lexical, frame)
    best = {link.source_id: link.suggestions[0].code for link in result.links}
    right = sum(
        best[f"s{n:03d}"] == code
        for start, code in ((0, "1.1"), (8, "2.1"), (16, "2.2"))
        for n in range(start, start + 8)
    )
    assert right >= 20
    assert {theme.strategy_code for theme in result.themes} >= {"1.1", "2.1", "2.2"}
    assert result.marks["s026"] == ("empty",)
    assert {"s026", "s027"} <= set(result.other)
    assert [group.source_ids for group in result.duplicates] == [("s000", "s024", "s025")]


def test_quotes_are_verbatim_and_one_per_voice(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    by_id = {source.id: source for source in sources}
    result = run(sources, lexical, frame)
    assert any(theme.quotes for theme in result.themes)
    for theme in result.themes:
        for quote in theme.quotes:
            assert by_id[quote.source_id].text[quote.start : quote.end] == quote.text
        voices = [by_id[quote.source_id].respondent or quote.source_id for quote in theme.quotes]
        assert len(set(voices)) == len(voices)
        assert not {"s000", "s024"} <= {quote.source_id for quote in theme.quotes}
        assert 0 <= theme.coverage <= 1


def test_every_summary_sentence_cites_sources_of_its_theme(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    result = run(sources, lexical, frame)
    members = {theme.key: {member.source_id for member in theme.members} for theme in result.themes}
    for summary in result.summaries:
        assert summary.sentences
        for sentence in summary.sentences:
            assert sentence.source_ids
            if summary.level == "theme":
                assert set(sentence.source_ids) <= members[summary.key]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=120), max_size=25), st.booleans())
def test_any_texts_at_all_are_aggregated(frame: tuple[FrameTarget, ...], texts: list[str], with_frame: bool) -> None:
    sources = [SourceText(f"s{n}", text, zone=str(n % 3)) for n, text in enumerate(texts)]
    result = run(sources, LexicalEmbedder(), frame if with_frame else ())
    seen = {member.source_id for theme in result.themes for member in theme.members} | set(result.other)
    assert seen == {source.id for source in sources}
    for theme in result.themes:
        for member in theme.members:
            assert 0 < member.share <= 1


def test_accepted_themes_are_kept_and_gain(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    kept = KnownTheme("mine", "Treni la sera", "1.1", ("s000", "s001", "s002", "s003"), True, excluded_ids=("s004",))
    result = run(sources, lexical, frame, known=(kept,))
    theme = next(theme for theme in result.themes if theme.key == "mine")
    assert (theme.label, theme.accepted, theme.strategy_code) == ("Treni la sera", True, "1.1")
    ids = {member.source_id for member in theme.members}
    assert {"s000", "s001", "s002", "s003"} <= ids
    assert "s004" not in ids
    assert next(change for change in result.changes if change.key == "mine").change in {"kept", "grown"}


def test_refresh_only_assigns_new_sources(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    first = run(sources, lexical, frame)
    known = tuple(
        KnownTheme(
            theme.key, theme.label, theme.strategy_code, tuple(member.source_id for member in theme.members), False
        )
        for theme in first.themes
    )
    more = [
        *sources,
        SourceText("s900", "Il treno dei pendolari è in ritardo anche stasera, la stazione è chiusa.", zone="5"),
    ]
    second = run(more, lexical, frame, known=known, discover=False)
    assert {theme.key for theme in second.themes} == {theme.key for theme in first.themes}
    before = {theme.key: {member.source_id for member in theme.members} for theme in first.themes}
    for theme in second.themes:
        assert {member.source_id for member in theme.members} - {"s900"} == before[theme.key]
    assert any("s900" in {member.source_id for member in theme.members} for theme in second.themes)
    assert sum(row.sources for row in second.by_channel) == len(more)


def test_withdrawn_sources_disappear(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    first = run(sources, lexical, frame)
    known = tuple(
        KnownTheme(
            theme.key, theme.label, theme.strategy_code, tuple(member.source_id for member in theme.members), True
        )
        for theme in first.themes
    )
    second = run([source for source in sources if source.id != "s001"], lexical, frame, known=known, discover=False)
    assert "s001" not in printed(second)


def test_found_themes_hand_on_their_key(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder
) -> None:
    first = run(sources, lexical, frame)
    known = tuple(
        KnownTheme(
            "old-" + theme.key,
            theme.label,
            theme.strategy_code,
            tuple(member.source_id for member in theme.members),
            False,
        )
        for theme in first.themes
    )
    second = run(sources, lexical, frame, known=known)
    assert {theme.key for theme in second.themes} == {"old-" + theme.key for theme in first.themes}
    assert {change.change for change in second.changes} == {"kept"}


def test_another_model_is_refused(sources: list[SourceText], lexical: LexicalEmbedder) -> None:
    prepared = [replace(item, model="another") for item in pipeline.prepare(sources[:3], lexical)]
    with pytest.raises(ValueError, match="another model"):
        pipeline.aggregate(prepared, embedder=lexical)


def test_suggest_one_text(frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder) -> None:
    links = pipeline.suggest("Un treno in più la sera per i pendolari della stazione.", frame, lexical)
    best = links.suggestions[0]
    assert best.code == "1.1"
    assert {reason.text for reason in best.reasons} >= {"treno", "pendolari"}
    assert links.fits
    assert sum(suggestion.confidence for suggestion in links.suggestions) + links.none_confidence <= 1.001
    nothing = pipeline.suggest("  ", frame, lexical)
    assert (nothing.suggestions, nothing.fits) == ((), False)


def test_e5_vector_does_not_depend_on_what_else_is_embedded(e5: E5Embedder) -> None:
    alone = e5.embed(["Servono più treni per i pendolari."])
    e5.embed(
        ["The broadband is too slow.", "Una frase lunga che parla di tutt'altro e riempie la memoria del modello."] * 20
    )
    assert np.array_equal(alone, e5.embed(["Servono più treni per i pendolari."]))
    assert alone.shape == (1, 384)
    assert np.allclose(unpack(pack(alone), 384), alone, atol=1e-3)


def test_e5_knows_meaning_across_words_and_languages(e5: E5Embedder, frame: tuple[FrameTarget, ...]) -> None:
    for text in (
        "Ferrovie puntuali per chi va al lavoro ogni giorno.",
        "We need more frequent rail services in the evening.",
    ):
        assert pipeline.suggest(text, frame, e5).suggestions[0].code == "1.1"


def test_e5_long_texts_are_read_to_the_end(e5: E5Embedder) -> None:
    long = ["La strada è dissestata e piena di buche davanti alla scuola."] * 60
    rows = e5.embed([*long, "Il medico di famiglia non si trova più in tutta la valle."])
    assert rows.shape == (62, 384)
    alone = e5.embed(["Il medico di famiglia non si trova più in tutta la valle."])[0]
    assert rows[-1] @ alone > rows[1] @ alone


def test_e5_run_is_the_same_in_any_order(
    e5: E5Embedder, sources: list[SourceText], frame: tuple[FrameTarget, ...]
) -> None:
    assert printed(run(sources, e5, frame)) == printed(run(sources[::-1], e5, frame))


def test_wished_number_of_themes(sources: list[SourceText], lexical: LexicalEmbedder) -> None:
    result = run(sources, lexical, (), parameters=Parameters(themes=3))
    assert len(result.themes) == 3


def test_e5_what_speaks_of_other_subjects_fits_no_strategy(e5: E5Embedder, frame: tuple[FrameTarget, ...]) -> None:
    for text in (
        "La pensione a sessant'anni, lo chiedo al governo e al parlamento.",
        "Hanno arrestato due ladri e sequestrato la refurtiva.",
        "Le Sénat ne sert à rien, il faut le supprimer.",
    ):
        assert not pipeline.suggest(text, frame, e5).fits, text
    for text in ("Un treno in più la sera per i pendolari.", "L'acquedotto perde e d'estate manca l'acqua."):
        assert pipeline.suggest(text, frame, e5).fits, text
    # A frame that speaks of such a subject takes it in.
    own = (*frame, FrameTarget("9.1", "Pensioni e contributi", "9", "Stato", "", "L'età della pensione, gli assegni, i contributi."))
    asked = pipeline.suggest("La pensione a sessant'anni, lo chiedo al governo e al parlamento.", own, e5)
    assert asked.fits
    assert asked.suggestions[0].code == "9.1"


def test_e5_the_whole_leans_towards_what_is_said_first(e5: E5Embedder) -> None:
    trains, doctors = "Servono più treni la sera per i pendolari.", "Il medico di base manca da due anni in valle."
    first, second = e5.embed([trains, doctors]), e5.embed([doctors, trains])
    assert first[0] @ first[1] > first[0] @ first[2]
    assert second[0] @ second[1] > second[0] @ second[2]


def test_names_are_in_the_language_of_the_process_and_no_details() -> None:
    counter = PhraseCounter()
    texts = [
        "La fibra non arriva nelle borgate.", "Portate la fibra ottica in valle.", "Senza fibra ottica non si lavora.",
        "I pozzetti rotti della fibra ottica.", "La fibra è lenta.", "Quattordici pozzetti della fibra sono pieni d'acqua.",
    ]  # fmt: skip  # texts read better in rows
    counter.add("fibra", [*((text, "it") for text in texts), *[("Fast broadband for every valley", "en")] * 3])
    counter.add("altro", [("Il treno della sera salta la fermata.", "it"), ("Più treni la sera.", "it")])
    found = [surface for surface, _, _ in counter.candidates("fibra", language="it")]
    assert found[0] == "fibra ottica"
    assert not any("quattordici" in surface for surface in found)
    english = next((place for place, surface in enumerate(found) if "broadband" in surface), len(found))
    assert english > 1


def test_quotes_speak_of_their_theme_and_announce_nothing(frame: tuple[FrameTarget, ...], e5: E5Embedder) -> None:
    texts = [
        "Vorrei lasciare detto un pensiero sui treni della nostra valle. Il treno della sera va rimesso per chi lavora in città.",
        "I treni della mattina sono pieni e i pendolari restano in piedi per quaranta minuti.",
        "Il treno salta la nostra stazione e nessuno avvisa i pendolari. A proposito, da noi il forno vende un pane buonissimo alle noci.",
        "The train is late every single morning and commuters miss their connection.",
        "Servono più treni la domenica nella nostra stazione di valle.",
    ]
    sources = [SourceText(f"q{n}", text, zone=str(n), speaker=f"k{n}") for n, text in enumerate(texts)]
    said = [quote.text for theme in run(sources, e5, frame).themes for quote in theme.quotes]
    assert said
    assert not any("pensiero" in text or "forno" in text for text in said)
    assert not said[0].startswith("The train")


def test_no_two_themes_have_one_name_in_another_order(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases = [("piccola impresa", 1.0, 2), ("imprese piccole", 0.99, 2), ("bottega", 0.98, 2)]
    monkeypatch.setattr(PhraseCounter, "candidates", lambda *_about: phrases)
    labels = [theme.label for theme in run(sources, lexical, frame).themes]
    assert len(labels) > 2
    assert len({"Piccola impresa", "Imprese piccole"} & set(labels)) == 1
    assert any(label.startswith("Bottega") for label in labels)


def test_a_word_with_another_beside_it_is_not_given_to_a_second_theme(
    sources: list[SourceText], frame: tuple[FrameTarget, ...], lexical: LexicalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases = [("animali", 1.0, 2), ("bottega", 0.99, 2)]
    monkeypatch.setattr(PhraseCounter, "candidates", lambda *_about: phrases)
    monkeypatch.setattr(PhraseCounter, "beside", lambda *_about: [("caccia", 1.0)])
    labels = [theme.label for theme in run(sources, lexical, frame).themes]
    assert len(labels) > 2
    assert len(set(labels)) == len(labels)
    assert sum(label.lower().startswith("animali") for label in labels) == 1

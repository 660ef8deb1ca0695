"""Sentences, origins, numbers in words, contrary voices, what may be published."""

from __future__ import annotations

import uuid

from consult.evidence.rules import bind
from consult.position_paper import rules
from consult.position_paper.types import CitedSource, Number, Sentence, ShownSentence, resting

SOURCE = "Il treno passa una volta all'ora e la sera non passa più."
COUNT = Sentence("Ne parlano 12 delle 80 risposte al questionario.", "machine", "count", ("s", "t"))


def quoting() -> Sentence:
    text, places = bind("Tra le voci: «la sera non passa più»", {"s": (SOURCE, 1)})
    return Sentence(text, "machine", "quote", ("s",), places)


def test_sentences_split_where_people_would() -> None:
    text = "Serve l'art. 3 della legge. C'è chi dice: «Basta! Non ne posso più.» E poi?\nNuova riga senza punto"
    assert rules.split_sentences(text) == [
        "Serve l'art. 3 della legge.",
        "C'è chi dice: «Basta! Non ne posso più.»",
        "E poi?",
        "Nuova riga senza punto",
    ]


def test_an_untouched_statement_stays_the_machines() -> None:
    old = (COUNT, quoting())
    shown = [COUNT.text, "Tra le voci: «la sera non passa più»"]
    assert rules.edit_sentences(old, shown, "\n".join(shown), {"s": (SOURCE, 1)}) == old


def test_a_changed_sentence_is_marked_and_keeps_its_sources_and_a_new_one_is_a_persons() -> None:
    old = (COUNT, quoting())
    shown = [COUNT.text, "Tra le voci: «la sera non passa più»"]
    text = "Ne parlano molte delle 80 risposte al questionario.\nTra le voci: «la sera non passa più»\nSecondo noi è urgente."
    first, second, third = rules.edit_sentences(old, shown, text, {"s": (SOURCE, 1)})
    assert (first.origin, first.role, first.source_ids) == ("edited", "words", ("s", "t"))
    assert second == old[1]
    assert (third.origin, third.source_ids) == ("human", ())
    assert rules.origin_of((first, second, third)) == "edited"


def test_a_quote_typed_by_a_person_is_bound_so_that_a_withdrawal_reaches_it() -> None:
    (sentence,) = rules.edit_sentences((), (), "Dicono: «il treno passa una volta all'ora»", {"s": (SOURCE.lower(), 1)})
    assert sentence.text == "Dicono: «⟦0⟧»"
    assert sentence.source_ids == ("s",)
    shown = rules.show(sentence, {sentence.quotes[0]: None})
    assert shown.lost
    assert "treno" not in shown.text


def test_numbers_name_channel_and_total_and_hide_small_cells() -> None:
    counts = [Number("contribution", 37, 214, 37), Number("answer", 3, 80, None)]
    assert (
        rules.count_text(counts, "it")
        == "Ne parlano 37 dei 214 contributi liberi e meno di 5 delle 80 risposte al questionario."
    )
    few = [Number("interview", 2, 18, None), Number("answer", 3, 80, None)]
    assert (
        rules.count_text(few, "it")
        == "Ne parlano meno di 5 voci per canale: risposte al questionario (su 80) e interviste (su 18)."
    )
    three = [*few, Number("meeting", 9, 60, 9)]
    assert rules.count_text(three, "it").startswith(
        "Ne parlano 9 delle 60 annotazioni di incontri; meno di 5 voci in ciascuno"
    )
    assert rules.count_text([], "it") == "Nessuna voce la sostiene più."
    assert rules.count_text(counts, "en").startswith("It is raised in 37 of the 214 open contributions")


def cited(channel: str, voice: uuid.UUID, zone: str | None = "1") -> CitedSource:
    return CitedSource(
        uuid.uuid4(), uuid.uuid4(), "supporting", 1, 1, "live", channel, zone, "resident", str(voice), "machine", 0, None
    )


def test_voices_are_counted_once_per_channel_and_documents_are_no_voices_of_a_zone() -> None:
    voice = uuid.uuid4()
    sources = [cited("interview", voice), cited("interview", voice), cited("document", uuid.uuid4())]
    numbers = rules.numbers(
        sources, {"channel": {"interview": 9, "document": 4}, "zone": {"1": 9}, "speaker": {"resident": 9}}
    )
    assert [(n.value, n.voices, n.of) for n in numbers["channel"]] == [("interview", 1, 9), ("document", 1, 4)]
    assert [n.voices for n in numbers["zone"]] == [1]


def test_contrary_is_only_what_says_so() -> None:
    kinds = {
        "a": ("need", None),
        "b": ("criticism", None),
        "c": ("criticism", None),
        "d": (None, "need"),
        "e": (None, None),
    }
    texts = {"b": "Sono contrario a nuove corse.", "c": "Il treno è sempre in ritardo."}
    assert rules.contrary_ids(kinds, texts) == {"b"}
    assert rules.contrary_ids({"b": ("criticism", None), "c": ("criticism", None)}, texts) == set()


def test_only_what_people_accepted_may_be_published() -> None:
    assert rules.publishable(state="accepted", origin="machine", theme_state="accepted", supporting=3)
    assert not rules.publishable(state="proposed", origin="machine", theme_state="accepted", supporting=3)
    assert not rules.publishable(state="accepted", origin="machine", theme_state="proposed", supporting=3)
    assert not rules.publishable(state="accepted", origin="edited", theme_state="accepted", supporting=0)
    assert rules.publishable(state="accepted", origin="human", theme_state=None, supporting=0)


def test_the_machines_count_follows_the_numbers_and_a_persons_does_not() -> None:
    own = Sentence("Ne parlano in tanti.", "human", "count")
    fresh = rules.recount((COUNT, own), {"channel": [Number("answer", 15, 90, 15)]}, "it", {})
    assert fresh[0].text == "Ne parlano 15 delle 90 risposte al questionario."
    assert fresh[1] == own


def test_of_voices_whose_zone_nobody_said_nothing_is_said() -> None:
    spread = Sentence("Da ogni parte.", "machine", "spread")
    places = {"zone": [Number("1", 8, 30, 8), Number("2", 6, 30, 6)], "speaker": [Number("resident", 14, 60, 14)]}

    def told(answers: int) -> str:
        channels = [Number("answer", answers, 90, answers), Number("document", 9, 9, 9)]
        return rules.recount((spread,), {**places, "channel": channels}, "it", {})[0].text

    assert told(14) == "Le voci vengono da 2 zone e da un solo tipo di voce."
    assert told(20) == "Le voci sono di un solo tipo; quelle di cui si sa da dove vengono, di 2 zone."


def test_that_a_group_says_less_rests_on_what_the_others_say() -> None:
    keys = [str(uuid.uuid4()) for _ in range(3)]
    silent, named = Sentence("Meno che altrove.", "machine", "under"), Sentence("Meno.", "machine", "under", (keys[0],))
    assert [s.source_ids for s in resting((silent, named), keys)] == [tuple(keys), (keys[0],)]
    # A reader is led to the few of a group neither by a version that names them nor by counting what the address opens.
    assert ShownSentence("Meno.", "machine", "under", (keys[0],)).leads_to == ()
    assert ShownSentence("Più.", "machine", "over", tuple(keys)).leads_to == tuple(keys)


def test_the_article_before_a_number_is_the_one_that_is_read_aloud() -> None:
    vowels = [8, 11, 80, 85, 89, 800, 850, 8_000, 8_400, 11_000, 11_999, 80_000, 850_000, 11_000_000]
    consonants = [2, 10, 12, 18, 79, 90, 108, 180, 799, 900, 1_008, 1_100, 7_999, 12_000, 180_000]
    assert {rules.article_before("dei", n) for n in vowels} == {"degli"}
    assert {rules.article_before("dei", n) for n in consonants} == {"dei"}
    assert rules.article_before("delle", 85) == "delle"
    assert rules.article_before("of the", 85) == "of the"
    counts = [Number("contribution", 40, 85, 40), Number("answer", 12, 80, 12)]
    assert rules.in_words(counts, "it") == "40 degli 85 contributi liberi e 12 delle 80 risposte al questionario"

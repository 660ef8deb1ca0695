"""Numbers and words of quantity in sentences: found, compared with the data, bound to them."""

from __future__ import annotations

import time

import pytest

from consult.position_paper import rules
from consult.position_paper.rules.quantities import ALONE
from consult.position_paper.rules.spotting import find
from consult.position_paper.types import Measure, Number, Sentence

OF = {
    "channel": {"answer": 214, "interview": 12, "document": 40},
    "zone": {"1": 50, "3": 70},
    "speaker": {"resident": 150, "business": 20},
}
COUNTS = {
    "channel": [Number("answer", 37, 214, 37), Number("interview", 3, 12, None)],
    "zone": [Number("1", 20, 50, 20), Number("3", 17, 70, 17)],
    "speaker": [Number("resident", 30, 150, 30)],
}
KNOWN = rules.measures(COUNTS, OF, zones=11, sources=44)


def said(text: str, known: dict[str, Measure] = KNOWN) -> list[tuple[str, str, str]]:
    """(words, problem, what was compared) of each claim."""
    return [(v.claim.words, v.problem, v.measure.code if v.measure else "") for v in rules.check(text, known)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("La maggior parte delle risposte al questionario chiede treni.", [("La maggior parte", "wrong", "channel:answer")]),
        ("Molti chiedono più treni.", [("Molti", "wrong", "channel:answer")]),
        ("Diverse risposte al questionario chiedono treni.", [("Diverse", "", "channel:answer")]),
        ("Nessuno lo chiede.", [("Nessuno", "wrong", "channel:answer")]),
        ("Alcuni degli intervistati lamentano ritardi.", [("Alcuni", "", "channel:interview")]),
        ("Pochi intervistati lo dicono.", [("Pochi", "wrong", "channel:interview")]),
        ("Un terzo delle risposte al questionario ne parla.", [("Un terzo", "wrong", "channel:answer")]),
        ("Tutte le zone ne parlano.", [("Tutte", "wrong", "zones")]),
        ("37 delle 214 risposte al questionario ne parlano.", [("37 delle 214", "", "channel:answer")]),
        ("Lo dicono 38 risposte al questionario su 214.", [("38 risposte al questionario su 214", "wrong", "channel:answer")]),
        ("Il 40% delle risposte al questionario lo chiede.", [("40%", "wrong", "channel:answer")]),
        ("Il 17 per cento delle risposte lo chiede.", [("17 per cento", "", "channel:answer")]),
        ("Circa il 18% delle risposte lo chiede.", [("Circa il 18%", "", "channel:answer")]),
        ("Oltre 30 risposte al questionario lo chiedono.", [("Oltre 30", "", "channel:answer")]),
        ("Il 40% chiede treni.", [("40%", "added_up", "channel:answer")]),
        ("40 voci ne parlano.", [("40", "added_up", "channel:answer")]),
        ("Nella zona 3 ne parlano 17 voci.", [("17", "", "zone:3")]),
        ("In sette zone su 11 se ne parla.", [("sette zone su 11", "wrong", "zones")]),
        ("Va ridotto del 30% il traffico.", [("30%", "unbound", "")]),
        ("Molte imprese chiedono aiuto.", [("Molte", "wrong", "speaker:business")]),
        ("Most respondents ask for trains.", [("Most", "wrong", "channel:answer")]),
        ("17% of respondents say so, in 2 of 11 zones.", [("17%", "", "channel:answer"), ("2 of 11", "", "zones")]),
        ("Molti hanno chiesto più treni.", [("Molti", "wrong", "channel:answer")]),
        ("Pochi ne hanno parlato.", [("Pochi", "wrong", "channel:answer")]),
        ("Molti sono contrari.", [("Molti", "wrong", "channel:answer")]),
        ("La maggior parte di chi ha risposto chiede treni.", [("La maggior parte", "wrong", "channel:answer")]),
        ("I più chiedono treni.", [("I più", "wrong", "channel:answer")]),
        ("La metà degli intervistati ne parla.", [("La metà", "wrong", "channel:interview")]),
        ("Un quarto delle interviste ne parla.", [("Un quarto", "", "channel:interview")]),
        ("Due su tre chiedono treni.", [("Due su tre", "wrong", "channel:answer")]),
        ("Una risposta su cinque ne parla.", [("Una risposta su cinque", "", "channel:answer")]),
        ("Un cittadino su cinque lo chiede.", [("Un cittadino su cinque", "", "speaker:resident")]),
        ("Sei intervistati su dieci lo dicono.", [("Sei intervistati su dieci", "wrong", "channel:interview")]),
        ("3 interviste su 12 ne parlano.", [("3 interviste su 12", "", "channel:interview")]),
        ("Un quinto delle risposte ne parla.", [("Un quinto", "", "channel:answer")]),
        ("Quasi tutti i rispondenti lo chiedono.", [("Quasi tutti", "wrong", "channel:answer")]),
        ("Nessuno ne ha parlato.", [("Nessuno", "wrong", "channel:answer")]),
        ("Nessuna risposta al questionario ne parla.", [("Nessuna", "wrong", "channel:answer")]),
        ("Nessuna zona ne parla.", [("Nessuna", "wrong", "zones")]),
        ("Il quaranta per cento delle risposte lo chiede.", [("quaranta per cento", "wrong", "channel:answer")]),
        ("Centinaia di risposte ne parlano.", [("Centinaia di", "wrong", "channel:answer")]),
        ("Una quarantina di risposte al questionario lo chiede.", [("Una quarantina di", "", "channel:answer")]),
        ("Lo chiede la maggioranza dei residenti.", [("la maggioranza", "wrong", "speaker:resident")]),
        ("Quasi nessuno lo chiede.", [("Quasi nessuno", "wrong", "channel:answer")]),
        ("Non tutti sono d’accordo.", [("Non tutti", "", "channel:answer")]),
        ("Non molti lo chiedono.", [("Non molti", "", "channel:answer")]),
        ("Molti, soprattutto nelle valli, chiedono treni.", [("Molti", "wrong", "channel:answer")]),
        ("Molte imprese, soprattutto piccole, chiedono aiuto.", [("Molte", "wrong", "speaker:business")]),
        ("Secondo molti il treno è lento.", [("molti", "wrong", "channel:answer")]),
        ("Lo dice il 99% dei residenti.", [("99%", "wrong", "speaker:resident")]),
        ("La maggior parte dei residenti tocca questo tema.", [("La maggior parte", "wrong", "speaker:resident")]),
        ("Ne parlano trentasette risposte.", [("trentasette", "", "channel:answer")]),
        ("Le risposte che ne parlano sono molte.", [("molte", "wrong", "channel:answer")]),
        ("Sono molti a chiedere treni.", [("molti", "wrong", "channel:answer")]),
        ("La maggior parte delle fonti lo dice.", [("La maggior parte", "wrong", "channel:answer")]),
        ("Many have asked for trains.", [("Many", "wrong", "channel:answer")]),
        ("Nobody mentioned trains.", [("Nobody", "wrong", "channel:answer")]),
        ("One in five residents wants trains.", [("One in five", "", "speaker:resident")]),
        ("Two out of three ask for trains.", [("Two out of three", "wrong", "channel:answer")]),
        ("The vast majority of respondents want trains.", [("The vast majority", "wrong", "channel:answer")]),
        ("Forty percent of answers mention it.", [("Forty percent", "wrong", "channel:answer")]),
    ],
)  # fmt: skip  # one sentence a line
def test_claims_are_compared_with_the_data(text: str, found: list[tuple[str, str, str]]) -> None:
    assert said(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Molti treni arrivano in ritardo nel 2024.",
        "Servono 12 corse in più per le persone anziane, entro 3 anni.",
        "La strategia 1.2 e l'art. 5 parlano di altro.",
        "Una fonte dice «il 40% delle risposte è inutile».",
        "Bisogna aiutare molte imprese.",
        "Alcune strade sono chiuse da anni.",
        "Molti rifiuti restano in strada, e molti servizi nelle zone montane mancano.",
        "Servono molti interventi, 12 zone pedonali e treni in tutte le zone.",
        "Molte fonti di energia sono rinnovabili; molti contributi alle imprese sono in ritardo.",
        "12 comuni su 30 hanno una farmacia, due strade su tre sono rotte.",
        "Serve una risposta rapida: una risposta del Comune non basta.",
        "La maggior parte dei comuni è sotto i 5000 abitanti, e tutti i comuni devono avere un bus.",
        "Per molti anni la valle è rimasta sola, e per molti comuni mancano i soldi.",
        "Una persona ha detto \"lo chiedono tutti\".",
        "Most reports are late and many calls go unanswered.",
    ],
)
def test_what_is_not_about_voices_is_left_alone(text: str) -> None:
    assert said(text) == []


def test_every_word_of_the_table_holds_somewhere_and_is_refused_elsewhere() -> None:
    for quantity in rules.QUANTITIES:
        held = [n for n in range(101) if quantity.holds(n, 100)]
        assert held, quantity.code
        if quantity.code != "one":
            assert len(held) <= 100, quantity.code
        assert rules.say_instead(Measure("channel:answer", held[-1], 100))
        for words in (*quantity.italian, *quantity.english):
            said_of = "chiede" if words in ALONE else "delle risposte al questionario"
            (verdict,) = rules.check(
                f"{words} {said_of}", {"channel:answer": Measure("channel:answer", held[-1], 100)}
            )
            assert (verdict.claim.quantity, verdict.problem) == (quantity.code, ""), words


def test_right_numbers_are_bound_and_follow_the_data() -> None:
    text, bound = rules.bind_numbers(
        "37 delle 214 risposte al questionario, il 17%, e 3 interviste su 12; il 99% no.", KNOWN
    )
    assert text == "⟪0⟫ delle ⟪1⟫ risposte al questionario, il 17%, e ⟪2⟫ interviste su ⟪3⟫; il 99% no."
    assert rules.fill(text, bound, KNOWN, "it", small=True).startswith("37 delle 214")
    later = KNOWN | {"channel:answer": Measure("channel:answer", 1038, 2214)}
    assert rules.fill(text, bound, later, "it").startswith("1.038 delle 2.214 risposte al questionario")
    assert "meno di 5 interviste su 12" in rules.fill(text, bound, KNOWN, "it")
    sentence = Sentence(text, "human", numbers=bound)
    assert Sentence.from_json(sentence.as_json()) == sentence


def test_an_edited_sentence_is_bound_and_a_wrong_number_stays_as_typed() -> None:
    (first, second) = rules.edit_sentences(
        (), (), "Lo dicono 37 risposte al questionario.\nLo dice il 40% delle risposte.", {}, KNOWN
    )
    assert first.text == "Lo dicono ⟪0⟫ risposte al questionario."
    assert second.text == "Lo dice il 40% delle risposte."
    assert not second.numbers
    fresh = rules.recount((first, second), COUNTS, "it", KNOWN)
    assert (fresh[0].text, fresh[0].numbers) == ("Lo dicono 37 risposte al questionario.", ())


def test_signs_of_who_may_have_said_it() -> None:
    assert rules.signs("Il treno è sempre in ritardo.") == ()
    assert "personal" in rules.signs("Mi chiami allo 011 5551234 la sera.")
    assert rules.signs("Come farmacista vedo chi non arriva.", municipality="Borgo Piccolo", residents=800) == ("role",)
    assert rules.signs("Come farmacista vedo chi non arriva.", municipality="Città", residents=90_000) == ()
    assert rules.signs("Sono l'unica ostetrica della valle.") == ("only",)


def test_the_longest_text_that_may_be_saved_is_read_within_a_breath() -> None:
    """Whatever stands in it: what is typed is checked again each time the writer pauses."""
    for words in ("sono molti 12 ", "molti " + "non " * 1990, "due su ", "molti dei delle degli ", "37 di 37 di "):
        text = (words * 8000)[:8000]
        before = time.process_time()
        find(text)
        assert time.process_time() - before < 3, words


def test_of_zones_no_least_number_is_asked_and_a_share_is_no_count() -> None:
    counts = {"channel": [Number("answer", 80, 120, 80)], "zone": [Number(str(n), 9, 10, 9) for n in range(7)]}
    of = {"channel": {"answer": 120}, "zone": {str(n): 10 for n in range(11)}}
    known = rules.measures(counts, of, zones=11, sources=90)
    assert said("Molte zone lo chiedono.", known) == [("Molte", "", "zones")]
    assert said("7 zone su 10 lo chiedono.", known) == [("7 zone su 10", "wrong", "zones")]
    assert said("Due risposte su tre lo chiedono.", known) == [("Due risposte su tre", "", "channel:answer")]
    text, bound = rules.bind_numbers("2 risposte su 3 lo chiedono.", known)
    assert (text, bound) == ("2 risposte su 3 lo chiedono.", ())
    (verdict,) = rules.check("Quattro su dieci lo chiedono.", known)
    assert (verdict.problem, verdict.instead) == ("wrong", "most")

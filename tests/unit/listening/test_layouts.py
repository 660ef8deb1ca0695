"""The many ways in which transcripts are written, each recognised: who speaks, who asks, when, and what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.reading.blocks import Block
from consult.listening.interviews.rules import Transcript, recognise, with_interviewers

#: (name of the layout, text, expected turns as (speaker, asks, seconds or None, first words)).
LAYOUTS = [
    (
        "labels, a line each",
        "Intervistatrice: Che cosa manca a Susa?\nSindaco: Manca il treno.\nAnche la sera.\nIntervistatrice: Solo quello?\nSindaco: No.",
        [("Intervistatrice", True, None, "Che cosa"), ("Sindaco", False, None, "Manca il treno. Anche"),
         ("Intervistatrice", True, None, "Solo"), ("Sindaco", False, None, "No.")],
    ),
    (
        "letters",
        "Intervista del 12 maggio\n\nD: Da dove si comincia?\n\nR: Dalla scuola.\n\nE poi dai trasporti.\n\nD. 2: E dopo?\n\nR: Basta così.",
        [("D", True, None, "Da dove"), ("R", False, None, "Dalla"), ("R", False, None, "E poi"), ("D. 2", True, None, "E dopo"),
         ("R", False, None, "Basta")],
    ),
    (
        "times in brackets before the label",
        "[00:01:23] Intervistatore: Come va il turismo?\n[00:01:31] Albergatrice: Va a stagioni.\n[00:02:05] Intervistatore: Cioè?\n"
        "[00:02:08] Albergatrice: Tre mesi pieni e nove vuoti.",
        [("Intervistatore", True, 83, "Come"), ("Albergatrice", False, 91, "Va a"), ("Intervistatore", True, 125, "Cioè"),
         ("Albergatrice", False, 128, "Tre mesi")],
    ),
    (
        "times in brackets after the label",
        "Speaker 1 (00:05): Chi decide qui?\nSpeaker 2 (00:09): Nessuno, davvero, e si vede da come sono le strade.\n"
        "Speaker 1 (01:05): E prima?\nSpeaker 2 (01:10): Prima decideva il consorzio, con tutti i comuni attorno al tavolo.",
        [("Speaker 1", True, 5, "Chi"), ("Speaker 2", False, 9, "Nessuno"), ("Speaker 1", True, 65, "E prima"),
         ("Speaker 2", False, 70, "Prima")],
    ),
    (
        "name and time over the words",
        "Anna Ferrero   0:03\nBuongiorno, cominciamo dalla casa?\n\nLuca Bruno   0:11\nSì, gli alloggi vuoti sono il primo tema.\n"
        "Ne abbiamo quaranta.\n\nAnna Ferrero   1:02:40\nE gli affitti?\n\nLuca Bruno   1:02:44\nTroppo alti per chi resta.",
        [("Anna Ferrero", True, 3, "Buongiorno"), ("Luca Bruno", False, 11, "Sì, gli alloggi vuoti sono il primo tema. Ne abbiamo"),
         ("Anna Ferrero", True, 3760, "E gli"), ("Luca Bruno", False, 3764, "Troppo")],
    ),
    (
        "a span of times over the name",
        "0:0:0.0 --> 0:0:2.400\nAnna Ferrero\nChe cosa servirebbe?\n0:0:2.900 --> 0:0:9.100\nLuca Bruno\nUn medico di base in ogni comune.\n"
        "0:0:30.0 --> 0:0:31.0\nAnna Ferrero\nE poi?\n0:0:32.0 --> 0:0:40.0\nLuca Bruno\nLa guardia medica la notte, come una volta.",
        [("Anna Ferrero", True, 0, "Che cosa"), ("Luca Bruno", False, 2, "Un medico"), ("Anna Ferrero", True, 30, "E poi"),
         ("Luca Bruno", False, 32, "La guardia")],
    ),
    (
        "bold labels of Markdown",
        "# Intervista a una rettrice\n\n**Intervistatrice:** Che cosa chiede l’università?\n\n**Rettrice:** Residenze.\n\n"
        "**Intervistatrice**: Quante?\n\n**Rettrice**: Mille posti.",
        [("Intervistatrice", True, None, "Che cosa"), ("Rettrice", False, None, "Residenze"), ("Intervistatrice", True, None, "Quante"),
         ("Rettrice", False, None, "Mille")],
    ),
    (
        "subtitles with voices",
        "WEBVTT\n\nNOTE fatto da un programma\n\nc1\n00:00:03.120 --> 00:00:05.000 align:start\n<v Anna Ferrero>Partiamo dall’acqua?</v>\n\n"
        "c2\n00:00:06.000 --> 00:00:09.000\n<v Luca Bruno>L’acqua è &amp; resta pubblica.</v>\n\nc3\n00:00:09.200 --> 00:00:12.000\n"
        "<v Luca Bruno>Ma i tubi perdono <i>la metà</i>.</v>",
        [("Anna Ferrero", True, 3, "Partiamo"), ("Luca Bruno", False, 6, "L’acqua è & resta pubblica. Ma i tubi perdono la metà.")],
    ),
    (
        "subtitles with names before a colon",
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nAnna Ferrero: Chi manca al tavolo?\n\n2\n00:00:03.500 --> 00:00:06.000\n"
        "Luca Bruno: Mancano i giovani.\n\n3\n00:00:06.100 --> 00:00:08.000\nLuca Bruno: E le imprese piccole.\n\n4\n00:00:09.000 --> 00:00:10.000\n"
        "Anna Ferrero: Perché?\n\n5\n00:00:10.500 --> 00:00:12.000\nLuca Bruno: Non hanno tempo.",
        [("Anna Ferrero", True, 1, "Chi manca"), ("Luca Bruno", False, 3, "Mancano i giovani. E le imprese piccole."),
         ("Anna Ferrero", True, 9, "Perché"), ("Luca Bruno", False, 10, "Non hanno")],
    ),
    (
        "SubRip",
        "1\n00:00:01,000 --> 00:00:03,000\nD: Che ne pensa?\n\n2\n00:00:03,500 --> 00:00:06,000\nR: Che serve un piano\ndella neve.\n\n"
        "3\n00:00:06,200 --> 00:00:08,000\nQuest’anno non ne è scesa.",
        [("D", True, 1, "Che ne"), ("R", False, 3, "Che serve un piano della neve. Quest’anno non ne è scesa.")],
    ),
    (
        "times at the end",
        "I: Mi racconta la valle? #00:00:04-8#\nP: La valle si è svuotata. #00:00:12-1#\nI: Da quando? #00:00:14-0#\n"
        "P: Dagli anni Ottanta. #00:00:21-3#",
        [("I", True, 4, "Mi racconta"), ("P", False, 12, "La valle"), ("I", True, 14, "Da quando"), ("P", False, 21, "Dagli")],
    ),
    (
        "spans of a recogniser, no voices",
        "[00:00.000 --> 00:04.000]  Allora, il tema è la casa.\n[00:04.000 --> 00:09.500]  Gli affitti sono raddoppiati.",
        [("", False, 0, "Allora, il tema è la casa. Gli affitti")],
    ),
    (
        "voices by number",
        "SPEAKER_00: Quali priorità?\nSPEAKER_01: Il lavoro, prima di tutto, per chi ha meno di trent’anni.\nSPEAKER_00: E poi?",
        [("SPEAKER_00", True, None, "Quali"), ("SPEAKER_01", False, None, "Il lavoro"), ("SPEAKER_00", True, None, "E poi")],
    ),
    (
        "dashes",
        "- Che cosa la preoccupa?\n- Il bosco che avanza.\n- E che cosa farebbe?\n- Pascoli, e filiere corte del legno.",
        [("", True, None, "- Che cosa"), ("", False, None, "- Il bosco"), ("", True, None, "- E che"), ("", False, None, "- Pascoli")],
    ),
    (
        "tabulators",
        "Ferrero\tCome si arriva all’ospedale?\nBruno\tCon due autobus e un’ora e mezza di viaggio, se va bene.\n"
        "Ferrero\tE la sera?\nBruno\tNon si arriva.",
        [("Ferrero", True, None, "Come"), ("Bruno", False, None, "Con due"), ("Ferrero", True, None, "E la sera"), ("Bruno", False, None, "Non si")],
    ),
    (
        "a header of facts is no voice",
        "Data: 3 giugno\nLuogo: Ceres\nDurata: 40 minuti\n\nRicercatrice: Che cosa cambierebbe?\nAllevatore: Le regole: sono troppe.\n"
        "Il problema è: chi resta?\nRicercatrice: Grazie.",
        [("Ricercatrice", True, None, "Che cosa"), ("Allevatore", False, None, "Le regole: sono troppe. Il problema è: chi resta?"),
         ("Ricercatrice", True, None, "Grazie.")],
    ),
]  # fmt: skip  # one row of values reads better so


def from_text(text: str) -> Transcript:
    return recognise([Block(line, "line") for line in text.split("\n")])


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in LAYOUTS], ids=[row[0] for row in LAYOUTS])
def test_layouts(text: str, expected: list[tuple[str, bool, int | None, str]]) -> None:
    found = from_text(text)
    seen = [(t.speaker, t.asked, t.at // 1000 if t.at is not None else None) for t in found.turns]
    assert seen == [row[:3] for row in expected]
    for turn, (_speaker, _asked, _at, words) in zip(found.turns, expected, strict=True):
        assert turn.text.startswith(words)


def test_a_table_of_times_names_and_texts() -> None:
    rows = [
        ("Tempo", "Chi parla", "Testo"), ("00:00:04", "Anna Ferrero", "Che cosa serve?"),
        ("00:00:09", "Luca Bruno", "Una strada che non frani: la 23 è chiusa."), ("00:00:30", "Anna Ferrero", "Altro?"),
        ("00:00:32", "Luca Bruno", "No."),
    ]  # fmt: skip  # one row of values reads better so
    found = recognise([Block("\t".join(row), "row", cells=row) for row in rows])
    assert found.layout == "table"
    assert [(t.speaker, t.asked, t.at) for t in found.turns] == [
        ("Anna Ferrero", True, 4000), ("Luca Bruno", False, 9000), ("Anna Ferrero", True, 30_000), ("Luca Bruno", False, 32_000),
    ]  # fmt: skip  # one row of values reads better so
    assert found.sure is False
    named = with_interviewers(found, ["luca bruno"])
    assert [t.asked for t in named.turns] == [False, True, False, True]
    assert named.sure


def test_long_monologues_of_captions_part_at_sentences_and_silences() -> None:
    times = [f"00:{i // 30:02d}:{i % 30 * 2:02d},000 --> 00:{i // 30:02d}:{i % 30 * 2 + 1:02d},900" for i in range(120)]
    cues = [f"{i}\n{time}\nFrase numero {i} detta piano.\n" for i, time in enumerate(times)]
    found = from_text("\n".join(cues))
    assert 3 <= len(found.turns) <= 6
    assert all(turn.text.endswith(".") and len(turn.text) < 1900 for turn in found.turns)
    assert " ".join(t.text for t in found.turns).count("Frase numero") == 120


@given(st.lists(st.text(alphabet="abcàè .,?!:\n[]0123456789->RD", max_size=60), max_size=30))
def test_no_text_makes_it_stumble(lines: list[str]) -> None:
    found = from_text("\n".join(lines))
    assert all(turn.text for turn in found.turns)

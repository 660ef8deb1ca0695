"""The written table of words of quantity: what share of voices each of them may be said of. Italian and English. Pure.

A word of quantity is about voices when a counted noun follows it ("molte risposte al questionario") or a verb of saying ("molti
chiedono"). It is compared with the voices of the channel it names; where it names none, with the channel that gave the finding most voices,
since channels are never added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A word of quantity: the shares it may be said of (both ends included) and the fewest voices it needs."""

    code: str
    low: float
    high: float
    least: int
    italian: tuple[str, ...]
    english: tuple[str, ...]

    def holds(self, voices: int, of: int) -> bool:
        """Whether it may be said of so many voices out of so many."""
        share = voices / of if of else 0.0
        return voices >= self.least and self.low <= share <= self.high


#: From the most to the least; where a word is wrong the first that holds is proposed.
QUANTITIES: tuple[Quantity, ...] = (
    Quantity("all", 1.0, 1.0, 1, ("tutti", "tutte", "la totalità"), ("all", "everyone", "everybody")),
    Quantity("almost_all", 0.85, 1.0, 1, ("quasi tutti", "quasi tutte", "la quasi totalità"), ("almost all", "nearly all")),
    Quantity(
        "most", 0.5000001, 1.0, 1,
        ("la maggior parte", "la maggioranza", "la gran parte", "gran parte", "più della metà", "oltre la metà"),
        ("most", "the majority", "a majority", "more than half", "over half"),
    ),
    Quantity("three_quarters", 0.70, 0.80, 1, ("tre quarti",), ("three quarters",)),
    Quantity("two_thirds", 0.61, 0.72, 1, ("due terzi",), ("two thirds",)),
    Quantity("half", 0.45, 0.55, 1, ("circa la metà", "circa metà", "la metà", "metà"), ("about half", "half")),
    Quantity("third", 0.28, 0.38, 1, ("un terzo",), ("a third", "one third")),
    Quantity("many", 0.25, 1.0, 10, ("molti", "molte", "moltissimi", "moltissime", "tanti", "tante"), ("many", "a lot")),
    Quantity("quarter", 0.20, 0.30, 1, ("un quarto",), ("a quarter", "one quarter")),
    Quantity(
        "several", 0.05, 1.0, 5, ("diversi", "diverse", "parecchi", "parecchie", "numerosi", "numerose"), ("several", "numerous"),
    ),
    Quantity("minority", 0.0, 0.4999999, 1, ("una minoranza", "meno della metà"), ("a minority", "less than half", "fewer than half")),
    Quantity("some", 0.0, 0.4999999, 2, ("alcuni", "alcune", "certi", "certe"), ("some", "a few")),
    Quantity("few", 0.0, 0.10, 1, ("pochi", "poche", "pochissimi", "pochissime"), ("few", "very few")),
    Quantity("one", 0.0, 1.0, 1, ("qualcuno", "qualche"), ("someone", "somebody")),
    Quantity("none", 0.0, 0.0, 0, ("nessuno", "nessuna", "nessun"), ("nobody", "no one", "none")),
)  # fmt: skip  # one row of the table reads better so
BY_CODE: Mapping[str, Quantity] = {quantity.code: quantity for quantity in QUANTITIES}

#: Nouns that count voices, with what they count. "main": whichever channel gave most voices. Longer ones first.
NOUNS: Mapping[str, str] = {
    "risposte al questionario": "channel:answer", "risposte": "channel:answer", "questionari": "channel:answer",
    "rispondenti": "channel:answer", "interviste": "channel:interview", "persone intervistate": "channel:interview",
    "intervistati": "channel:interview", "intervistate": "channel:interview", "annotazioni di incontri": "channel:meeting",
    "annotazioni": "channel:meeting", "note di incontro": "channel:meeting", "note di incontri": "channel:meeting",
    "contributi liberi": "channel:contribution", "contributi": "channel:contribution",
    "passaggi di documenti": "channel:document", "passaggi": "channel:document",
    "zone omogenee": "zones", "zone": "zones", "tipi di voce": "speakers", "fonti": "sources", "voci": "main", "persone": "main",
    "partecipanti": "main", "interventi": "main", "opinioni": "main", "pareri": "main",
    "questionnaire answers": "channel:answer", "answers": "channel:answer", "questionnaires": "channel:answer",
    "respondents": "channel:answer", "interviews": "channel:interview", "interviewees": "channel:interview",
    "meeting notes": "channel:meeting", "notes": "channel:meeting", "open contributions": "channel:contribution",
    "contributions": "channel:contribution", "document passages": "channel:document", "passages": "channel:document",
    "zones": "zones", "kinds of speaker": "speakers", "sources": "sources", "voices": "main", "people": "main", "participants": "main",
}  # fmt: skip  # pairs read better side by side
#: Nouns that name kinds of speaker as often as things spoken of: they count voices only where a verb of saying follows.
SPEAKER_NOUNS: Mapping[str, str] = {
    "residenti": "resident", "cittadini": "resident", "comuni": "municipality", "associazioni": "association", "imprese": "business",
    "aziende": "business", "sindacati": "trade_union", "scuole": "education", "residents": "resident", "citizens": "resident",
    "municipalities": "municipality", "associations": "association", "businesses": "business", "companies": "business",
    "trade unions": "trade_union", "schools": "education",
}  # fmt: skip  # pairs read better side by side
#: What people do with words: after a word of quantity it makes it a claim about voices.
SAYING = (
    r"(?:chied|domand|segnal|ritien|riteng|propon|lament|sottoline|denunci|critic|sostien|sosteng|racconta|auspic|evidenzi|concord|"
    r"oppon|rifiut|apprezz|indica|ricorda|afferm|vorre)\w*|dice|dicono|vuole|vogliono|pensa|pensano|teme|temono|parla|parlano|"
    r"(?:ask|say|want|report|think|propose|complain|oppose|mention|agree|call)s?\b"
)
#: Numbers in letters that stand before counted nouns.
NUMBER_WORDS: Mapping[str, int] = {
    "una": 1, "due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6, "sette": 7, "otto": 8, "nove": 9, "dieci": 10, "undici": 11,
    "dodici": 12, "quindici": 15, "venti": 20, "trenta": 30, "quaranta": 40, "cinquanta": 50, "cento": 100, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20,
}  # fmt: skip  # pairs read better side by side
#: Words that loosen a number, with the relative or absolute room they give.
LOOSE: Mapping[str, str] = {
    "circa": "about", "intorno a": "about", "all'incirca": "about", "about": "about", "around": "about", "oltre": "over",
    "più di": "over", "over": "over", "more than": "over", "quasi": "nearly", "nearly": "nearly", "almost": "nearly",
    "almeno": "least", "at least": "least", "meno di": "under", "fewer than": "under", "less than": "under",
}  # fmt: skip  # pairs read better side by side

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

    def holds(self, voices: int, of: int, *, people: bool = True) -> bool:
        """Whether it may be said of so many voices out of so many. Of zones and kinds there are few: no least number is asked of them."""
        share = voices / of if of else 0.0
        least = self.least if people else min(self.least, 2)
        return voices >= least and self.low <= share <= self.high


#: From the most to the least; where a word is wrong the first that holds is proposed.
QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "all", 1.0, 1.0, 1, ("tutti", "tutte", "la totalità", "ogni", "ciascuna", "ciascuno", "all'unanimità"),
        ("all", "everyone", "everybody", "every", "each"),
    ),
    Quantity(
        "almost_all", 0.85, 1.0, 1, ("quasi tutti", "quasi tutte", "la quasi totalità", "pressoché tutti", "pressoché tutte"),
        ("almost all", "nearly all", "almost everyone", "nearly everyone", "almost everybody", "nearly everybody"),
    ),
    Quantity(
        "vast", 0.75, 1.0, 1, ("la stragrande maggioranza", "la grande maggioranza", "la larga maggioranza", "la grandissima parte"),
        ("the vast majority", "the great majority", "the overwhelming majority", "a large majority"),
    ),
    Quantity(
        "most", 0.5000001, 1.0, 1,
        (
            "la maggior parte", "la maggioranza", "la gran parte", "gran parte", "più della metà", "oltre la metà", "la maggioranza assoluta",
            "i più", "più di metà",
        ),
        ("most", "the majority", "a majority", "more than half", "over half"),
    ),
    Quantity("three_quarters", 0.70, 0.80, 1, ("tre quarti",), ("three quarters",)),
    Quantity("two_thirds", 0.61, 0.72, 1, ("due terzi",), ("two thirds",)),
    Quantity(
        "half", 0.45, 0.55, 1, ("la metà", "metà", "circa la metà", "circa metà", "quasi la metà", "quasi metà"),
        ("half", "about half", "nearly half", "almost half"),
    ),
    Quantity("third", 0.28, 0.38, 1, ("un terzo",), ("a third", "one third")),
    Quantity(
        "many", 0.25, 1.0, 10,
        (
            "molti", "molte", "moltissimi", "moltissime", "tanti", "tante", "tantissimi", "tantissime", "molta", "tanta", "buona parte",
            "una buona parte", "una larga parte", "un gran numero", "un grande numero",
        ),
        ("many", "a lot", "lots", "very many", "a large number", "a great many", "a large part", "a good part"),
    ),
    Quantity("quarter", 0.20, 0.30, 1, ("un quarto",), ("a quarter", "one quarter")),
    Quantity(
        "several", 0.05, 1.0, 5,
        (
            "diversi", "diverse", "non pochi", "non poche", "parecchi", "parecchie", "parecchia", "numerosi", "numerose", "svariati", "svariate",
            "vari", "varie",
        ),
        ("several", "numerous", "various"),
    ),
    Quantity(
        "minority", 0.0, 0.4999999, 1, ("una minoranza", "la minoranza", "meno della metà", "meno di metà"),
        ("a minority", "less than half", "fewer than half"),
    ),
    Quantity("not_all", 0.0, 0.9999999, 0, ("non tutti", "non tutte"), ("not all", "not everyone", "not everybody")),
    Quantity("not_many", 0.0, 0.25, 0, ("non molti", "non molte", "non tanti", "non tante"), ("not many",)),
    Quantity("some", 0.0, 0.4999999, 2, ("alcuni", "alcune", "certi", "certe"), ("some", "a few")),
    Quantity(
        "few", 0.0, 0.10, 1, ("pochi", "poche", "pochissimi", "pochissime", "poca", "pochissima"), ("few", "very few", "only a few"),
    ),
    Quantity("one", 0.0, 1.0, 1, ("qualcuno", "qualcuna", "qualche"), ("someone", "somebody")),
    Quantity(
        "hardly", 0.0, 0.05, 0, ("quasi nessuno", "quasi nessuna", "quasi nessun"),
        ("hardly anyone", "hardly anybody", "almost nobody", "almost no one", "hardly any"),
    ),
    Quantity("none", 0.0, 0.0, 0, ("nessuno", "nessuna", "nessun"), ("nobody", "no one", "none", "no", "not one")),
)  # fmt: skip  # one row of the table reads better so
BY_CODE: Mapping[str, Quantity] = {quantity.code: quantity for quantity in QUANTITIES}
_WHO = ("everyone", "everybody", "nobody", "no one", "anyone", "anybody")
#: Words that stand for people by themselves and take no noun: «i più chiedono», never «i più piccoli comuni».
ALONE = frozenset({"i più", "all'unanimità", "everyone", "everybody", "someone", "somebody", "nobody", "no one", "qualcuno", "qualcuna"}) | {
    f"{near} {who}" for near in ("almost", "nearly", "not", "hardly") for who in _WHO
}
#: Words that need a noun: «ogni zona», «nessun contributo», never «no agree».
NEVER_ALONE = frozenset({"ogni", "nessun", "quasi nessun", "qualche", "molta", "tanta", "poca", "pochissima", "parecchia"}) | frozenset(
    {"every", "each", "no", "hardly any"}
)
#: Words that take the verb of one person in English.
OF_ONE = ALONE - {"i più", "all'unanimità"} | {"none", "not one"}

#: Nouns that count voices wherever they stand, with what they count. "main": whichever channel gave most voices.
NOUNS: Mapping[str, str] = {
    "risposte al questionario": "channel:answer", "risposte": "channel:answer", "questionari": "channel:answer",
    "risposta al questionario": "channel:answer", "rispondenti": "channel:answer", "chi ha risposto": "channel:answer",
    "coloro che hanno risposto": "channel:answer", "quelli che hanno risposto": "channel:answer",
    "interviste": "channel:interview", "persone intervistate": "channel:interview",
    "intervistati": "channel:interview", "intervistate": "channel:interview", "annotazioni di incontri": "channel:meeting",
    "annotazioni": "channel:meeting", "note di incontro": "channel:meeting", "note di incontri": "channel:meeting",
    "contributi liberi": "channel:contribution", "contributo libero": "channel:contribution",
    "passaggi di documenti": "channel:document", "zone omogenee": "zones", "zona omogenea": "zones", "tipi di voce": "speakers", "voci": "main",
    "chi ha partecipato": "main", "chi ha parlato": "main",
    "questionnaire answers": "channel:answer", "answers": "channel:answer", "questionnaires": "channel:answer",
    "respondents": "channel:answer", "interviews": "channel:interview", "interviewees": "channel:interview",
    "meeting notes": "channel:meeting", "open contributions": "channel:contribution", "document passages": "channel:document",
    "kinds of speaker": "speakers", "voices": "main", "those who answered": "channel:answer", "those who took part": "main",
}  # fmt: skip  # pairs read better side by side
#: Nouns that name what is spoken of as often as who speaks (funds, works, sources of energy, zones): they count voices only where a verb of
#: saying belongs to them.
SAYING_NOUNS: Mapping[str, str] = {
    "zone": "zones", "zona": "zones", "zones": "zones", "fonti": "sources", "fonte": "sources", "sources": "sources", "source": "sources",
    "persone": "main", "persona": "main", "gente": "main", "partecipanti": "main", "interventi": "main", "opinioni": "main", "pareri": "main",
    "voce": "main", "loro": "main", "them": "main",
    "contributi": "channel:contribution", "contributo": "channel:contribution", "passaggi": "channel:document",
    "risposta": "channel:answer", "questionario": "channel:answer", "rispondente": "channel:answer", "intervista": "channel:interview",
    "intervistato": "channel:interview", "intervistata": "channel:interview", "annotazione": "channel:meeting",
    "people": "main", "participants": "main", "person": "main", "participant": "main", "voice": "main", "answer": "channel:answer",
    "respondent": "channel:answer", "interviewee": "channel:interview", "interview": "channel:interview", "notes": "channel:meeting",
    "note": "channel:meeting", "contributions": "channel:contribution", "contribution": "channel:contribution", "passages": "channel:document",
    "residenti": "speaker:resident", "cittadini": "speaker:resident", "cittadine": "speaker:resident", "abitanti": "speaker:resident",
    "residente": "speaker:resident", "cittadino": "speaker:resident", "cittadina": "speaker:resident", "abitante": "speaker:resident",
    "comuni": "speaker:municipality", "comune": "speaker:municipality", "portavoce di zona": "speaker:zone_spokesperson",
    "associazioni": "speaker:association", "associazione": "speaker:association", "imprese": "speaker:business",
    "impresa": "speaker:business", "aziende": "speaker:business", "azienda": "speaker:business", "sindacati": "speaker:trade_union",
    "sindacato": "speaker:trade_union", "scuole": "speaker:education", "scuola": "speaker:education", "università": "speaker:research",
    "professionisti": "speaker:professional", "residents": "speaker:resident", "citizens": "speaker:resident", "resident": "speaker:resident",
    "citizen": "speaker:resident", "municipalities": "speaker:municipality", "municipality": "speaker:municipality",
    "zone spokespersons": "speaker:zone_spokesperson", "associations": "speaker:association", "association": "speaker:association",
    "businesses": "speaker:business", "business": "speaker:business", "companies": "speaker:business", "company": "speaker:business",
    "trade unions": "speaker:trade_union", "trade union": "speaker:trade_union", "schools": "speaker:education", "school": "speaker:education",
    "universities": "speaker:research", "university": "speaker:research", "professionals": "speaker:professional",
}  # fmt: skip  # pairs read better side by side
#: What may stand between a quantity and its noun, besides one word (an adjective) right before the noun.
FILLERS = (
    r"di|dei|degli|delle|del|della|dell['’]|tra|fra|i|gli|le|la|il|lo|l['’]|un|una|un['’]|altri|altre|nostri|nostre|questi|queste|quei|quelle|"
    r"tali|tutti|tutte|singoli|singole|of|the|these|those|our|all|other"
)

_UNITS_IT = ("", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove")
_TENS_IT = {20: "venti", 30: "trenta", 40: "quaranta", 50: "cinquanta", 60: "sessanta", 70: "settanta", 80: "ottanta", 90: "novanta"}
_UNITS_EN = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS_EN = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}


def _letters() -> dict[str, int]:
    """Numbers in letters: up to a hundred in both languages, hundreds and a thousand in Italian."""
    found = {"una": 1, "dieci": 10, "undici": 11, "dodici": 12, "tredici": 13, "quattordici": 14, "quindici": 15, "sedici": 16}
    found |= {"diciassette": 17, "diciotto": 18, "diciannove": 19, "cento": 100, "mille": 1000}
    found |= {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17}
    found |= {"eighteen": 18, "nineteen": 19, "one hundred": 100, "a hundred": 100, "one thousand": 1000, "a thousand": 1000}
    found |= {word: n for n, word in enumerate(_UNITS_IT) if n} | {word: n for n, word in enumerate(_UNITS_EN) if n}
    found |= {word: n for n, word in _TENS_IT.items()} | {word: n for n, word in _TENS_EN.items()}
    for tens, word in _TENS_IT.items():
        for n, unit in enumerate(_UNITS_IT[1:], start=1):
            # Before uno and otto the vowel falls: ventuno, trentotto; at the end three takes an accent: ventitré.
            found[(word[:-1] if n in {1, 8} else word) + ("tré" if n == 3 else unit)] = tens + n
    found |= {f"{word}-{unit}": tens + n for tens, word in _TENS_EN.items() for n, unit in enumerate(_UNITS_EN) if n}
    return found | {f"{unit}cento": 100 * n for n, unit in enumerate(_UNITS_IT) if n > 1}


#: Numbers in letters that stand before counted nouns.
NUMBER_WORDS: Mapping[str, int] = _letters()
#: Parts said in letters: «un quinto», «two fifths».
PARTS: Mapping[str, int] = {
    "terzo": 3, "terzi": 3, "quarto": 4, "quarti": 4, "quinto": 5, "quinti": 5, "sesto": 6, "sesti": 6, "ottavo": 8, "ottavi": 8, "decimo": 10,
    "decimi": 10, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8,
    "tenth": 10, "tenths": 10,
}  # fmt: skip  # pairs read better side by side
#: Numbers said by the ten or the hundred: what they mean, and how loosely.
ROUND: Mapping[str, tuple[int, str]] = {
    "decine di": (20, "least"), "diverse decine di": (30, "least"), "centinaia di": (200, "least"), "migliaia di": (2000, "least"),
    "una decina di": (10, "about"), "una dozzina di": (12, "about"), "una quindicina di": (15, "about"), "una ventina di": (20, "about"),
    "una trentina di": (30, "about"), "una quarantina di": (40, "about"), "una cinquantina di": (50, "about"), "una sessantina di": (60, "about"),
    "un centinaio di": (100, "about"), "un migliaio di": (1000, "about"), "dozens of": (24, "least"), "hundreds of": (200, "least"),
    "thousands of": (2000, "least"), "a dozen": (12, "about"), "about a hundred": (100, "about"),
}  # fmt: skip  # pairs read better side by side
#: Words that loosen a number, with the relative or absolute room they give.
LOOSE: Mapping[str, str] = {
    "circa": "about", "intorno a": "about", "all'incirca": "about", "all’incirca": "about", "più o meno": "about", "about": "about",
    "around": "about", "roughly": "about", "some": "about", "oltre": "over", "più di": "over", "over": "over", "more than": "over",
    "quasi": "nearly", "nearly": "nearly", "almost": "nearly", "almeno": "least", "at least": "least", "non meno di": "least",
    "meno di": "under", "fewer than": "under", "less than": "under", "under": "under",
}  # fmt: skip  # pairs read better side by side

"""What people do with words, as verbs: after a word of quantity they make it a claim about voices. Italian and English. Pure.

Whole forms are listed, never stems: «molti rifiuti restano in strada» speaks of rubbish, «molti rifiutano» of people.
"""

from __future__ import annotations

from collections.abc import Iterable


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Italian verbs in -are by stem; what ends in c or g takes an h before e and i, what ends in i loses one.
_ARE = (
    "afferm", "apprezz", "approv", "ascolt", "auspic", "bocci", "caldegg", "cit", "consider", "contest", "critic", "denunci", "desider",
    "dichiar", "domand", "evidenzi", "giudic", "indic", "invoc", "lament", "menzion", "parl", "pens", "raccomand", "raccont", "reclam",
    "ricord", "rifiut", "sollecit", "sollev", "sottoline", "segnal", "sper", "valut",
)  # fmt: skip  # a row of stems reads better so
#: The forms of other verbs that stand after a quantity: present, imperfect, conditional and what follows an auxiliary.
_OTHERS = _listed(
    """
    chiede chiedono chiedeva chiedevano chiederebbe chiederebbero chiesto chiedere richiede richiedono richiesto
    dice dicono diceva dicevano direbbe direbbero detto dire ritiene ritengono riteneva ritenevano ritenuto ritenere
    vuole vogliono voleva volevano vorrebbe vorrebbero voluto volere propone propongono proponeva proponevano proposto proporre
    sostiene sostengono sosteneva sostenevano sostenuto sostenere oppone oppongono opponeva opponevano opposto opporsi
    teme temono temeva temevano temuto temere crede credono credeva credevano creduto credere scrive scrivono scriveva scrivevano scritto scrivere
    esprime esprimono espresso esprimere preferisce preferiscono preferirebbe preferirebbero preferito preferire
    suggerisce suggeriscono suggerito suggerire riferisce riferiscono riferito riferire insiste insistono insistito insistere
    risponde rispondono rispondeva rispondevano risposto rispondere condivide condividono condiviso condividere
    percepisce percepiscono percepito percepire avverte avvertono avvertito sente sentono sentito ammette ammettono ammesso
    riguarda riguardano riguardava riguardavano riguardato concerne concernono tocca toccano toccato tratta trattano trattato affronta affrontano
    affrontato discute discutono discusso ripete ripetono ripetuto concorda concordano concordato concordare
    """
)
#: Opinions that a person is said to have.
_BEING = (
    r"d['’]accordo|a favore|favorevol[ei]|contrari[oaie]?|soddisfatt[oaie]|insoddisfatt[oaie]|preoccupat[oaie]|convint[oaie]|scettic[oaie]|"
    r"scettiche|dell['’]idea|dell['’]avviso|del parere|in favou?r|against|satisfied|dissatisfied|worried|concerned|convinced|sceptical|of the opinion"
)
_ENGLISH = _listed(
    """
    ask asked say said want wanted report reported think thought propose proposed complain complained oppose opposed mention mentioned agree agreed
    disagree disagreed call called tell told suggest suggested demand demanded fear feared believe believed feel felt write wrote written stress
    stressed note noted support supported raise raised worry object objected prefer preferred request requested express expressed hope hoped
    describe described answer answered expect expected concern concerned address addressed
    """
)
#: Forms that follow one person: «nobody asks», never «most reports».
_OF_ONE = _listed(
    """
    asks says wants thinks proposes complains opposes mentions agrees disagrees calls tells suggests fears believes feels writes stresses supports
    objects prefers expresses hopes expects concerns addresses
    """
)


def _are(stem: str) -> Iterable[str]:
    before_e = stem + "h" if stem.endswith(("c", "g")) else stem.removesuffix("i")
    ends = ("a", "ano", "iamo" if not stem.endswith("i") else "amo", "ava", "avano", "ato", "are")
    yield from (stem + end for end in ends)
    yield from (before_e + end for end in ("erebbe", "erebbero", "erà", "eranno"))


_WORDS = "|".join(sorted({*(form for stem in _ARE for form in _are(stem)), *_OTHERS, *_ENGLISH}, key=len, reverse=True))
#: What may stand between a quantity and its verb: pronouns, a no, an auxiliary, a few adverbs.
_PRONOUN = r"(?:(?:lo|la|li|le|ne|si|ci|vi|se ne)\s+|l['’]\s*)"
_HAVING = r"(?:ha|hanno|aveva|avevano|avrebbe|avrebbero|have|has|had|did|do|would like|would)\s+"
_ADVERB = r"(?:non|anche|già|pure|spesso|poi|invece|infatti|però|ancora|esplicitamente|also|not|often|explicitly|even|never)\s+"
_IS = r"(?:è|sono|era|erano|si dice|si dicono|si è detto|si sono detti|si sono dette|resta|restano|is|are|was|were)\s+"
#: A saying right after a quantity: «ne parlano», «hanno chiesto», «sono contrari», «a chiedere», «quelli che chiedono».
SAID = (
    rf"(?:(?:a|di|che|quelli che|quelle che|coloro che|di quelli che|who|that)\s+)?"
    rf"(?:{_ADVERB}){{0,2}}(?:{_PRONOUN})?(?:(?:{_ADVERB}){{0,2}}{_HAVING})?(?:{_ADVERB}){{0,2}}(?:{_PRONOUN})?(?:{_WORDS})\b"
    rf"|(?:{_ADVERB}){{0,2}}{_IS}(?:{_ADVERB}){{0,2}}(?:{_BEING})"
)
#: The same after one person: nobody, everyone, one in ten.
SAID_BY_ONE = rf"{SAID}|(?:{_ADVERB}){{0,2}}(?:{'|'.join(_OF_ONE)})\b"
#: A saying that comes before its subject: «lo chiede la maggioranza dei comuni», «ne parlano dodici comuni».
SAID_BEFORE = (
    rf"(?:{_PRONOUN})(?:{_ADVERB}){{0,2}}(?:{_HAVING})?(?:{_WORDS})\s+"
    r"(?:(?:anche|solo|soltanto|in|circa|appena|quasi|oltre|il|lo|la|i|gli|le|un|una|the)\s+|l['’]){0,3}$"
)
#: A saying that opens its clause, then what is asked, then its subject: «chiedono treni 150 cittadini». What follows a preposition, an
#: infinitive or an adverb is no subject: «chiedono di aiutare 12 imprese».
SAID_FIRST = (
    rf"^\W*(?:{_ADVERB}){{0,2}}(?:{_HAVING})?(?:{_WORDS})\s+(?:(?:più|meno|nuov[ieoa]|il|lo|la|i|gli|le|un|una|dei|delle|degli)\s+|l['’])?"
    r"(?!(?:di|a|che|per|con|in|da|su|tra|fra|non|anche|spesso|sempre|volte|solo|soltanto|e|o|se|come|a[il]|al?le|agli|alla|dal|dai|dalle|nei|"
    r"nelle|sui|sulle|più|meno|for|to|of|about|that|if|with|the|a|an|and|or|by|in|on)\b)(?![^\W\d_]+[aeir]re\b)[^\W\d_]+\s+$"
)
#: What is needed or missing is no voice: «servono molte risposte concrete».
NEEDED_BEFORE = (
    r"(?:^|\W)(?:serv(?:e|ono|irebbero|iranno|ivano)|occorr(?:e|ono|erebbero|eranno)|manca(?:no|vano|va)?|attend(?:e|ono|iamo)|"
    r"aspetta(?:no|va|vano)?|aspettiamo|ci vogliono|ci vorrebbero|merita(?:no)?|esig(?:e|ono)|need|needs|needed|require|requires|deserve|"
    r"deserves|await|lack|lacks|expect)\s+(?:(?:ancora|anche|però|quindi|subito|also|still|more|di|the)\s+){0,2}$"
)
#: A number said as all there are, whatever is said of it: «delle 214 risposte».
TOTAL_OF = (
    r"(?:^|\W)(?:delle|dei|degli|su|sulle|sui|sugli|tra|fra|dalle|dai|dagli|nelle|nei|negli|tutte le|tutti i|tutti gli|su un totale di|"
    r"of the|of all the|of all|out of the|out of all|out of|among the|among|all the|from the|in the)\s+"
    r"(?:(?:le|i|gli|the|our|nostre|nostri|altre|altri|quasi|circa)\s+){0,2}$"
    # «Of 214 answers, 40 ...», only where it opens its clause: «the wish of 214 answers» is a claim.
    r"|^\W*of\s+$"
)
_ARRIVED = (
    r"(?:(?:arrivat|giunt|pervenut|raccolt|ricevut|inviat|analizzat|compilat|lett|restituit|consegnat|esaminat)[oaei]|received|collected|"
    r"gathered|analysed|analyzed|submitted|returned)"
)
#: A number said as all that came in, unless a saying follows: «sono arrivate 214 risposte», «there were 214 answers».
TOTAL_BEFORE = (
    rf"(?:^|\W)(?:{_ARRIVED}|abbiamo|contiamo|si contano|ci sono|ci sono state|ci sono stati|ha(?:nno)? (?:risposto|partecipato)|in totale|"
    r"in tutto|un totale di|there are|there were|we have|we had|a total of|in total|sono|sono state|sono stati|erano)\s+"
    r"(?:(?:in totale|in tutto|finora|in total|a total of|so far|le|i|gli|the)\s+){0,2}$"
)
#: «Hanno risposto in 214», «in 214 hanno partecipato»: who took part, whatever they said.
TOOK_PART_BEFORE = r"\b(?:risposto|partecipato)\s+in\s+$"
TOOK_PART_AFTER = r"\s*(?:ci\s+)?(?:hanno|avevano)\s+(?:già\s+)?(?:risposto|partecipato)\b(?!\s+(?:che|di)\b)"
#: The same after the noun: «le 214 risposte raccolte», «214 answers were received».
TOTAL_AFTER = (
    r"\s+(?:al questionario\s+)?(?:(?:che|that|which)\s+)?(?:(?:sono|erano|abbiamo|were|are|have been|we|we have)\s+)?(?:stat[ei]\s+)?"
    rf"(?:{_ARRIVED}|ha(?:nno)?\s+(?:risposto|partecipato)|in totale|in tutto|in total|altogether|took part|participated|replied)\b"
)

"""Word lists and patterns that `prepare` reads texts by: Italian first, English and French beside it."""

from __future__ import annotations

import re

ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """art artt avv arch c ca cap cav cfr co dott dottssa dr ecc es fam fig geom gent ing lett mons n nr num p pag
        pagg par prof profssa rag rev s sec sez sig sigg sigra ss st tav tel u v vol etc eg ie mr mrs ms m mme""",
    )
)
BOUNDARY = re.compile(r"[.!?…]+[\"'»”)\]]*(?=\s|$)|;(?=\s)|\n+")
LIST_MARK = re.compile(r"\s*(?:[-–—•*·]|\d{1,2}[.)])\s+")


def _listed(text: str) -> frozenset[str]:
    return frozenset(" ".join(part.split()) for part in text.split("|"))


def _any_of(text: str) -> re.Pattern[str]:
    """A pattern for any of the alternatives, written over several lines and parted by " | ", as whole words."""
    alternatives = [" ".join(part.split()) for part in re.split(r"\s\|\s", text)]
    return re.compile(r"\b(?:" + "|".join(alternatives) + r")\b", re.IGNORECASE)


NO_ANSWER = _listed(
    """|no|si|non so|non saprei|boh|mah|niente|nulla|nessuno|nessuna|nessun commento|niente da dire|na|nd|n a|x|xx|xxx
    |ok|va bene|va bene cosi|tutto bene|non lo so|nessuna idea|niente da aggiungere|come sopra|idem|vedi sopra|prova
    |non rispondo|test|non ho idee|non mi viene in mente niente|none|nothing|i dont know|no comment|rien
    |je ne sais pas|aucune idee|sans avis|asdf"""
)
# The same in other words: nothing but words that say there is nothing to say.
NOTHING = re.compile(
    r"""(?:(?:per|al|mi|di|io|noi|spiace|scusate|buongiorno)\s)*(?:(?:me|ora|adesso|momento|il\smomento)\s)*
    (?:(?:non|ho|abbiamo|c\se|ci\ssono|vedo|avrei|saprei|viene|in\smente|mi|so)\s)*
    (?:niente|nulla|nessun\w*|cosa\s(?:dire|scrivere|rispondere)|nothing|none|rien)
    (?:\s(?:di|da|in|per|il|al|a|e|altro|particolare|ora|adesso|momento|merito|riguardo|proposito|suggeriment\w|propost\w|osservazion\w|
    segnalazion\w|ide\w|comment\w|problem\w|dire|aggiungere|segnalare|proporre|dichiarare|osservare|rilevare|scrivere|rispondere|
    grazie|lo\sstesso|tutti|saluti|to|say|add|more|thanks|thank|you|a|dire|ajouter|merci))*""",
    re.VERBOSE,
)
ADVERTISING = _any_of(
    r"""clicca(?:te)? qui | sconto del | sconti (?:fino|del) | offert[ae] (?:imperdibil\w+|speciale|limitat\w+) |
    codice sconto | guadagna\w* (?:da casa|subito|online) | prestit[oi] (?:veloc\w+|immediat\w+|facil\w+) |
    acquista (?:ora|subito) | compra ora | preventivo gratuito | click here | buy now | discount code | cliquez ici |
    promo(?:zione)? valida | seguici su"""
)
PERSONAL = (
    re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{0,60}\w"),
    re.compile(r"(?<![\w/])(?:\+|00)\d{2}[\s./-]?\d{2,4}(?:[\s./-]?\d{2,4}){1,4}(?!\w)"),
    re.compile(r"(?<![\w/.,])(?:3\d{2}|0\d{1,3})[\s./-]?\d{2,4}(?:[\s./-]?\d{2,4}){1,2}(?![\w,])"),
    re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b"),
    re.compile(r"\b[A-Z]{2}\d{2}[ ]?[A-Z0-9]{4}(?:[ ]?[A-Z0-9]{4}){3,6}\b"),
    re.compile(
        r"\b(?:[Mm]i chiamo|[Ii]l mio nome è|[Mm]y name is|[Jj]e m['’]appelle)\s+[A-ZÀ-Ý]\w+(?:\s+[A-ZÀ-Ý]\w+)*"
    ),
    re.compile(
        r"\b(?:[Ss]ig(?:\.|nor|nora|\.ra)|[Dd]ott(?:\.|or|oressa|\.ssa)|[Pp]rof(?:\.|essor|essoressa|\.ssa)|"
        r"[Aa]vv(?:\.|ocato)|[Ii]ng\.)\s?[A-ZÀ-Ý][\wà-ÿ]+(?:\s+[A-ZÀ-Ý][\wà-ÿ]+)?"
    ),
    re.compile(
        r"\b(?:[Aa]bito|[Vv]ivo|[Rr]esid\w+|[Cc]asa mia)\b[^.!?\n]{0,20}\b(?:via|corso|piazza|viale)\s[^.!?\n]{2,40}?\d+"
    ),
)
KINDS = {
    "proposal": _any_of(
        r"""propong\w+ | proporr\w+ | propost[ae] | sugger\w+ | si potrebbe\w* | potreste | potremmo |
        perch[eé] non (?!si\b)\w+ | basterebbe\w* | sarebbe (?:bello|utile|meglio|ora|il caso) | l['’]idea | una idea |
        un['’]idea | io farei | facciamo | metterei | mettete | mettiamo | creare | istituire | realizzare | attivare |
        aprire | organizzare | i (?:suggest|propose) | why not | we could | should | je propose | on pourrait |
        il faudrait | pourquoi ne pas"""
    ),
    "need": _any_of(
        r"""serv(?:e|ono|irebbe|irebbero) | manc(?:a|ano|ava) | abbiamo bisogno | ho bisogno | c['’]è bisogno |
        bisogno di | occorr\w+ | ci vuole | ci vogliono | ci vorrebbe\w* | necessari\w+ | bisogna\w* | vorre(?:i|mmo) |
        chied(?:o|iamo) | we need | i need | is missing | there is no | lacks? | nous avons besoin | il manque |
        il faut"""
    ),
    "criticism": _any_of(
        r"""non funzion\w+ | vergogn\w+ | scandal\w+ | assurd\w+ | inutil\w+ | pessim\w+ | inaccettabil\w+ |
        insopportabil\w+ | stuf[oaie] | basta | abbandonat\w+ | sempre (?:in ritardo|rott\w+|chius\w+|pien\w+) |
        non (?:si capisce|ne posso|passa\w*|risponde\w*|arriva\w*|è possibile|va bene|mi convince|ha senso) |
        non sono d['’]accordo | contrari[oaie] | sbagliat\w+ | problema | peggio\w* | purtroppo |
        nessuno (?:risponde|ascolta|fa) | doesn['’]t work | useless | ridiculous | terrible |
        ne (?:marche|fonctionne) pas | honte | inadmissible"""
    ),
}
# Says why; gives a case; gives a number; names a place.
EVIDENCE = (
    _any_of(
        "perch[eé] | poich[eé] | siccome | dato che | visto che | infatti | because | since | parce que | car | puisque"
    ),
    _any_of(
        r"""ad? esempio | per esempio | l['’]anno scorso | l['’]altr[oa] | ieri | quando (?:ho|abbiamo|sono|mi|ci) |
        mi[ao] (?:figli[oa]|madre|padre|nonn[oa]|marito|moglie|suocer[oa]) | [mc]i è (?:capitato|successo) | da noi |
        nel mio | nella mia | ho (?:dovuto|aspettato|provato|perso|visto|speso) | for example | last year |
        par exemple | l['’]an dernier"""
    ),
    _any_of(
        r"""\d+ | due | tre | quattro | cinque | sei | sette | otto | dieci | venti | trenta | quaranta | cinquanta |
        cento | mille | metà | two | three | deux | trois"""
    ),
    re.compile(r"(?<=\s)(?:a|ad|da|di|in|tra|verso|per|at|from|in|à|de)\s+(?:[A-ZÀ-Ý][a-zà-ÿ]{2,})"),
)
EVIDENCE_SIGNS = 2  # of the four above
EVIDENCE_WORDS = 15

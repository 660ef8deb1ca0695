"""The map step on one text: sentences, language, content hash, marks, kind, possible personal data."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from consult.analytics.lexical import WORD, fold
from consult.analytics.types import Span

SHORTEST_FOR_LANGUAGE = 3  # words; a shorter text takes the consultation's language
ABBREVIATIONS = frozenset(
    """art artt avv arch c ca cap cav cfr co dott dottssa dr ecc es fam fig geom gent ing lett mons n nr num p pag pagg
    par prof profssa rag rev s sec sez sig sigg sigra ss st tav tel u v vol etc e.g i.e mr mrs ms m mme""".split()
)
BOUNDARY = re.compile(r"[.!?…]+[\"'»”)\]]*(?=\s|$)|;(?=\s)|\n+")
LIST_MARK = re.compile(r"\s*(?:[-–—•*·]|\d{1,2}[.)])\s+")
NO_ANSWER = frozenset(
    """|no|si|non so|non saprei|boh|mah|niente|nulla|nessuno|nessuna|nessun commento|niente da dire|na|nd|n a|x|xx|xxx|ok
    |va bene|va bene cosi|tutto bene|non lo so|nessuna idea|niente da aggiungere|come sopra|idem|vedi sopra|non rispondo|test|prova
    |non ho idee|non mi viene in mente niente|none|nothing|i dont know|no comment|rien|je ne sais pas|aucune idee|sans avis|asdf""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
ADVERTISING = re.compile(
    r"\b(clicca(?:te)? qui|sconto del|sconti (?:fino|del)|offert[ae] (?:imperdibil|speciale|limitat)|codice sconto|"
    r"guadagna\w* (?:da casa|subito|online)|prestit[oi] (?:veloc|immediat|facil)|acquista (?:ora|subito)|compra ora|"
    r"preventivo gratuito|click here|buy now|discount code|cliquez ici|promo(?:zione)? valida|seguici su)",
    re.IGNORECASE,
)
PERSONAL = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    re.compile(r"(?<![\w/])(?:\+|00)\d{2}[\s./-]?\d{2,4}(?:[\s./-]?\d{2,4}){1,4}(?!\w)"),
    re.compile(r"(?<![\w/.,])(?:3\d{2}|0\d{1,3})[\s./-]?\d{2,4}(?:[\s./-]?\d{2,4}){1,2}(?![\w,])"),
    re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b"),
    re.compile(r"\b[A-Z]{2}\d{2}[ ]?[A-Z0-9]{4}(?:[ ]?[A-Z0-9]{4}){3,6}\b"),
    re.compile(r"\b(?:[Mm]i chiamo|[Ii]l mio nome è|[Mm]y name is|[Jj]e m['’]appelle)\s+[A-ZÀ-Ý]\w+(?:\s+[A-ZÀ-Ý]\w+)*"),
    re.compile(
        r"\b(?:[Ss]ig(?:\.|nor|nora|\.ra)|[Dd]ott(?:\.|or|oressa|\.ssa)|[Pp]rof(?:\.|essor|essoressa|\.ssa)|[Aa]vv(?:\.|ocato)|[Ii]ng\.)"
        r"\s?[A-ZÀ-Ý][\wà-ÿ]+(?:\s+[A-ZÀ-Ý][\wà-ÿ]+)?"
    ),
    re.compile(r"\b(?:[Aa]bito|[Vv]ivo|[Rr]esid\w+|[Cc]asa mia)\b[^.!?\n]{0,20}\b(?:via|corso|piazza|viale)\s[^.!?\n]{2,40}?\d+"),
)
KINDS = {
    "proposal": re.compile(
        r"\b(propong\w+|proporr\w+|propost[ae]|sugger\w+|si potrebbe\w*|potreste|potremmo|perch[eé] non (?!si\b)|basterebbe\w*|sarebbe (?:bello|utile|"
        r"meglio|ora|il caso)|l['’]idea|una idea|un['’]idea|io farei|facciamo|metterei|mettete|mettiamo|creare|istituire|realizzare|attivare|"
        r"aprire|organizzare|i (?:suggest|propose)|why not|we could|should|je propose|on pourrait|il faudrait|pourquoi ne pas)\b",
        re.IGNORECASE,
    ),
    "need": re.compile(
        r"\b(serv(?:e|ono|irebbe|irebbero)|manc(?:a|ano|ava)|abbiamo bisogno|ho bisogno|c['’]è bisogno|bisogno di|occorr\w+|ci vuole|ci vogliono|"
        r"ci vorrebbe\w*|necessari\w+|bisogna\w*|vorre(?:i|mmo)|chied(?:o|iamo)|we need|i need|is missing|there is no|lacks?|nous avons besoin|"
        r"il manque|il faut)\b",
        re.IGNORECASE,
    ),
    "criticism": re.compile(
        r"\b(non funzion\w+|vergogn\w+|scandal\w+|assurd\w+|inutil\w+|pessim\w+|inaccettabil\w+|insopportabil\w+|stuf[oaie]|basta\b|abbandonat\w+|"
        r"sempre (?:in ritardo|rott\w+|chius\w+|pien\w+)|non (?:si capisce|ne posso|passa\w*|risponde\w*|arriva\w*|è possibile|va bene|mi convince|"
        r"sono d['’]accordo|ha senso)|contrari[oaie]|sbagliat\w+|problema|peggio\w*|purtroppo|nessuno (?:risponde|ascolta|fa)|"
        r"doesn['’]t work|useless|ridiculous|terrible|ne (?:marche|fonctionne) pas|honte|inadmissible)\b",
        re.IGNORECASE,
    ),
}
EVIDENCE = (
    re.compile(r"\b(perch[eé]|poich[eé]|siccome|dato che|visto che|infatti|because|since|parce que|car|puisque)\b", re.IGNORECASE),
    re.compile(
        r"\b(ad? esempio|per esempio|l['’]anno scorso|l['’]altr[oa]|ieri|quando (?:ho|abbiamo|sono|mi|ci)|mi[ao] (?:figli[oa]|madre|padre|"
        r"nonn[oa]|marito|moglie|suocer[oa])|mi è (?:capitato|successo)|ci è (?:capitato|successo)|da noi|nel mio|nella mia|ho (?:dovuto|aspettato|provato|"
        r"perso|visto|speso)|for example|last year|par exemple|l['’]an dernier)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b\d+\b|\b(?:due|tre|quattro|cinque|sei|sette|otto|dieci|venti|trenta|quaranta|cinquanta|cento|mille|metà|two|three|deux|trois)\b", re.IGNORECASE),
    re.compile(r"(?<=\s)(?:a|ad|da|di|in|tra|verso|per|at|from|in|à|de)\s+(?:[A-ZÀ-Ý][a-zà-ÿ]{2,})"),
)
EVIDENCE_SIGNS = 2  # of the four above
EVIDENCE_WORDS = 15


def readable(text: str) -> str:
    """The text with what no encoder can take (lone surrogates, NUL) replaced one for one, so that offsets hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")


def normalised(text: str) -> str:
    """Folded letters and digits only, single spaces: what is compared when looking for copies."""
    return " ".join(re.findall(r"[^\W_]+", fold(readable(text))))


def digest(text: str) -> str:
    """Content hash: the first 32 hex digits of the SHA-256 of the normalised text."""
    return hashlib.sha256(normalised(text).encode()).hexdigest()[:32]


def _is_abbreviation(text: str, start: int, mark: str) -> bool:
    if not mark.startswith(".") or mark.startswith(".."):
        return False
    before = re.search(r"[\w.]+$", text[max(0, start - 12) : start])
    word = fold(before.group()).replace(".", "") if before else ""
    # An initial or "n." is no end of sentence; nor is the point of a numbered list at the start of a line.
    return word in ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or bool(re.search(r"(?:^|\n)\s*\d{1,2}$", text[:start]))


def sentences(text: str) -> tuple[Span, ...]:
    """Sentences and list items as trimmed spans; fragments under three words join the sentence before them."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for match in BOUNDARY.finditer(text):
        if _is_abbreviation(text, match.start(), match.group()):
            continue
        pieces.append((start, match.end()))
        start = match.end()
    pieces.append((start, len(text)))
    found: list[Span] = []
    for begin, end in pieces:
        mark = LIST_MARK.match(text, begin, end)
        begin = mark.end() if mark else begin
        piece = text[begin:end]
        begin, end = begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())
        if begin >= end or not any(char.isalnum() for char in text[begin:end]):
            continue
        if found and len(WORD.findall(text[begin:end])) < 3:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(begin, end))
    if len(found) > 1 and len(WORD.findall(text[found[0].start : found[0].end])) < 3:
        found[:2] = [Span(found[0].start, found[1].end)]
    return tuple(found)


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier


def language_of(text: str, languages: tuple[str, ...], default: str) -> str:
    """The likeliest of the configured languages; `default` for short or doubtful texts."""
    if len(WORD.findall(text)) < SHORTEST_FOR_LANGUAGE or len(languages) < 2:
        return default
    language, probability = _identifier(tuple(sorted(languages))).classify(text)
    return str(language) if probability >= 0.6 else default


def personal_spans(text: str) -> tuple[Span, ...]:
    """Where an address, telephone number, tax code, account or a person's name may stand; merged, in order."""
    spans = sorted(match.span() for pattern in PERSONAL for match in pattern.finditer(text))
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return tuple(merged)


def kind_of(text: str) -> str | None:
    """Need, proposal, criticism or question where the words say so; None when they don't, or say two things alike."""
    scores = {kind: len(pattern.findall(text)) for kind, pattern in KINDS.items()}
    if text.rstrip().endswith("?") and text.count("?") >= len(sentences(text)) / 2 and not scores["proposal"]:
        return "question"
    best = max(scores.values())
    top = [kind for kind, score in scores.items() if score == best]
    return top[0] if best and len(top) == 1 else None


def marks_of(text: str, personal: tuple[Span, ...]) -> tuple[str, ...]:
    """Marks that need no other text: "empty", "off_topic" (advertising), "personal_data", "evidence"."""
    words = WORD.findall(text)
    marks = []
    plain = normalised(text)
    if plain in NO_ANSWER or len([word for word in words if len(word) > 1]) < 2 or len(set(plain.replace(" ", ""))) < 4:
        marks.append("empty")
    if ADVERTISING.search(text) or len(re.findall(r"https?://|www\.", text)) > 2:
        marks.append("off_topic")
    if personal:
        marks.append("personal_data")
    if len(words) >= EVIDENCE_WORDS and sum(bool(sign.search(text)) for sign in EVIDENCE) >= EVIDENCE_SIGNS:
        marks.append("evidence")
    return tuple(marks)

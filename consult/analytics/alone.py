"""Whether a sentence can be read alone: what greets, announces, asks back or goes on from another sentence says little without it.

Word lists and the first words of a sentence decide, in Italian, French and English; nothing here knows what a theme is about.
"""

from __future__ import annotations

import re

from consult.analytics.lexical import ARTICLES, WORD, fold, is_verb_form

# What is left of the worth of a sentence that goes on from another one, announces or greets, asks back, or begins in the middle of a clause.
LEANING_LOSS, ANNOUNCING_LOSS, ASKING_LOSS, BROKEN_OFF_LOSS = 0.5, 0.35, 0.45, 0.8
ASKING_OF_IT_LOSS = 0.85  # of a question that names the subject itself
HARDLY_ALONE = 0.6  # what is worth no more than this is let go where others say enough


# "In this valley" stands for itself, "in this way" does not.
HERE = r"(?:comun[ei]|vall[ei]|città|paes[ei]|zon[ae]|territori[o]?|quartier[ei]|frazion[ei]|borgat[ae]|provincia|regione|scuol[ae])\b"


def _opens(text: str) -> re.Pattern[str]:
    """A pattern for what a sentence opens with, alternatives parted by " | " over several lines."""
    parts = [" ".join(part.split()) for part in re.split(r"\s+\|\s+", text.strip().replace("HERE", HERE))]
    return re.compile(r"[\W_]*(?:" + "|".join(parts) + r")(?:(?<=\W)|(?!\w))", re.IGNORECASE)


# A sentence that greets, thanks or announces, or tells of the text it stands in: what is meant comes in another one.
ANNOUNCING = {
    "it": _opens(
        r"""buon(?:giorno|asera) | salve | premett\w+ | premesso | mi (?:presento|scuso|spiego) | scus(?:i|ate|a) | (?:e )?grazie |
        ringrazi\w+ | (?:cordiali|distinti) saluti | (?:vi |le )?scriv(?:o|iamo) (?:per|a nome) | guard[ia] | chiudo con | c['’]è poi |
        vorre(?:i|mmo) (?:lasciar\w* detto|dire|aggiungere|fare|segnalare|porre) (?:un[ao']?|qualche|due) |
        ho (?:\d+|\w+anta\w*|vent\w+) anni[,.] | (?:per )?(?:maggiori )?informazioni | (?:io )?part(?:o|iamo) da | (?:io )?sono un[ao']? |
        (?:io )?(?:le|vi|ti) (?:dico|faccio|racconto|spiego) | (?:io )?(?:faccio|porto) (?:un|l['’]) ?esempi\w* |
        ho (?:una|due|tre|un['’]?) ?(?:cos[ae]|propost[ae]|domand[ae]|idea) | (?:ecco|seguono) (?:le|alcune|i|la|il) |
        i punti (?:chiave|principali) | (?:la|il) (?:presente|suddett[ao]|sopracitat[ao]) |
        se (?:potessi|dovessi|devo|posso) (?:chieder\w*|dir\w*|sceglier\w*|aggiunger\w*) (?:una|solo|qualcosa)"""
    ),
    "en": _opens(
        r"""good (?:morning|evening) | hello | hi | dear | thanks? | thank you | i am \w+ years old[,.] | (?:best|kind) regards |
        i (?:would like|want) to (?:say|add|make) (?:a|some) | for (?:more|further) information |
        if i (?:could|may) (?:ask|say) (?:one|only)"""
    ),
    "fr": _opens(
        r"""bonjour | bonsoir | merci | (?:bien )?cordialement | j['’]ai \w+ ans[,.] | je suis une? | monsieur | madame | mesdames | voici |
        je (?:voudrais|tiens à) (?:dire|ajouter|faire) une? | c['’]est tout | si je (?:pouvais|devais) (?:demander|dire) une |
        (?:la|le) présente? (?:propositions?|textes?)"""
    ),
}
ANNOUNCING_INSIDE = re.compile(r"\blasciare detto\b|\bplusieurs (?:idées|propositions|pistes) ?(?:simples)?\s*$", re.IGNORECASE)
# And one that goes on from another.
GOES_ON = {
    "it": _opens(
        r"""e | ed | ma | o | oppure | ovvero | ossia | cioè | però | perciò | quindi | dunque | inoltre | infatti | così | allora | invece |
        poi | pertanto | perché(?! non) | poiché | mentre | anche | anzi | eppure | comunque | insomma | altrimenti | sennò | se no | almeno |
        piuttosto | tanto | soprattutto | idem | ciò | ess[aoie] | tal[ei] | (?:(?:in|a|di|da|con|su|per) )?quest[oaei](?! HERE) |
        quell[oaei] | si propone (?:perciò|quindi|inoltre) | nonostante ciò | in tal\w* | a tal\w* | di conseguenza | da allora | da lì |
        da qui | lì | là | lassù | laggiù | detto (?:così|questo) | per (?:questo|quello) | su (?:questo|quello) |
        con (?:questo|quello) (?:si|non) | in parte | infine | innanzitutto | terminat\w+ | eliminand\w+ | se approvat\w+ |
        (?:la|le) stess[ae] (?:cosa|cose) | lo stesso (?:vale|discorso) | va bene | tutto (?:giusto|vero|bene) |
        (?:bene|giusto|risultato|certo|vero)[,:] | avanti così | (?:gli|le) altr[ie] | il primo | la prima | il secondo | la seconda |
        entramb[ie] | tutt[ie] e (?:due|tre) | lui | lei | loro | ognuno | nessuno dei | uno dei due |
        (?:(?:io|noi|qui|adesso|oggi) )?(?:(?:[cmvs]e )?ne|[cmv]e l[oaie]|gliel\w+|(?:[cmvs]e )?[ln]['’](?:ho|hai|abbiamo|avete)) \w+ |
        (?:io|noi) (?:lo|la|li|le) (?:ho|hai|abbiamo|avete|hanno|\w+iamo|\w+o|\w+erei) | ci (?:ho|abbiamo|hanno) (?:già )?provat\w+ |
        non (?:per|nei|nel|nella|nelle|in|con|altr[ie]|solo|soltanto|tanto|sol[oa]) | una cosa (?:così|del genere) |
        (?:è|era|erano|sarebbe|sembra|diventa) (?:(?:un|una|uno|il|la|lo|i|le|gli|quell\w+|quest\w+|proprio|già|tutto|così) \w+|(?:un|l)['’]\w+) |
        (?:è|era) (?:inoltre|infine|altresì|anche|invece|quindi|dunque|però)"""
    ),
    "en": _opens(
        r"""and | but | so | or | nor | therefore | this | that | these | those | it | its | it['’]s | that['’]s | also | however | because |
        which | while | otherwise | then | they | he | she | instead | in that case | for example | such | neither | same here |
        as a result | even so"""
    ),
    "fr": _opens(
        r"""et | mais | donc | ainsi | cela | ça | ce | cette | ces | c['’]est | c['’]était | explication | ou(?: encore)? | car | puis |
        pourtant | cependant | toutefois | parmi c\w+ | pour preuve | de plus(?! en) | en outre | afin | puisse\w* | or | sinon | ensuite |
        enfin | d['’]ailleurs | par contre | en effet | de même | cel(?:ui|le)(?:-ci)? | ceux(?:-ci)? | celles(?:-ci)? | ils | elles? |
        il en | on en | j['’]en | (?:le|la) même | à noter | dans ce cas | là | par exemple | a contrario | au contraire | résultat |
        idem | du coup | autrement | par conséquent | que (?:l['’]\w+|les|le|la) \w+"""
    ),
}
# What joins a sentence to one before it also stands after its first words: "È inoltre istituito", "Il serait donc utile".
JOINED = re.compile(
    r"\b(?:inoltre|infine|poi|altresì|dunque|infatti|tuttavia|pertanto|quindi|donc|ainsi|également|toutefois|cependant|therefore|moreover|furthermore"
    r"|however|thus)\b",
    re.IGNORECASE,
)
FIRST_WORDS = 5
# Italian verbs that need nobody before them: "servono più treni", "mancano i medici".
IMPERSONAL = re.compile(r"(?:serv|manc|occorr|bast|esist|abbond|vann|son|sarann|sarebber|potrebber|dovrebber)", re.IGNORECASE)
THEY_DO = re.compile(r"[^\W\d_]+(?:ano|ono)", re.IGNORECASE)
# Whoever does it was named before, where no article follows: "fa anagrafe, tributi e protocollo", but "ha chiuso la bottega".
DOES = frozenset(["fa", "fanno", "ha", "hanno", "dà", "danno", "può", "possono", "deve", "devono", "dice", "dicono", "vuole", "vogliono"])
CLITICS = frozenset(["lo", "la", "li", "le", "gli"])


def readable_alone(text: str, start: int, end: int, *, named: int = 0, language: str = "it") -> float:
    """What is left of the worth of the sentence `text[start:end]` where it leans on others, only announces something, or asks back.

    `named` is how many keywords of its theme it has: a question that names the subject may be the proposal itself.
    """
    words = text[start:end]
    worth = LEANING_LOSS if goes_on(words, language) else 1.0
    opens = ANNOUNCING.get(language)
    if (opens and opens.match(words)) or ANNOUNCING_INSIDE.search(words) or _announces(text, end):
        worth *= ANNOUNCING_LOSS
    if words.rstrip("»”\"')] ").endswith("?"):
        worth *= ASKING_OF_IT_LOSS if named else ASKING_LOSS
    first = next((char for char in words if char.isalpha()), "")
    return worth * (BROKEN_OFF_LOSS if first.islower() else 1.0)


def _announces(text: str, end: int) -> bool:
    """Whether a colon stands behind a sentence: what it says is in the next one."""
    return text[end : end + 2].lstrip()[:1] == ":" or text[max(0, end - 1) : end] == ":"


def goes_on(words: str, language: str = "it") -> bool:
    """Whether a sentence goes on from the one before it."""
    opens = GOES_ON.get(language)
    if opens and opens.match(words):
        return True
    found = [match.group() for match, _ in zip(WORD.finditer(words), range(FIRST_WORDS), strict=False)]
    if any(JOINED.fullmatch(word) for word in found):
        return True
    if language != "it" or len(found) < 2:
        return False
    first, second = found[0].casefold(), found[1]
    # "Lo vedo andare via", but "lo sportello"; "Gestiscono server e firme", but "servono treni" and "chiudono le botteghe".
    if first in CLITICS:
        return second.islower() and (is_verb_form(second, "it") or second.endswith(("iamo", "iate")))
    if first in DOES:
        return not any(fold(word) in ARTICLES for word in found[1:3])
    they_do = bool(THEY_DO.fullmatch(first)) and not IMPERSONAL.match(first) and is_verb_form(first, "it")
    return they_do and fold(second) not in ARTICLES

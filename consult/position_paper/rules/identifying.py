"""Signs by which the words of a quote may give away who said them. Pure; a warning for people, never a verdict."""

from __future__ import annotations

import re

from consult.analytics.prepare import personal_spans

#: Below so many residents one holder of a rare role is known to all.
SMALL_MUNICIPALITY = 5000
#: Roles that one person, or very few, hold in a municipality.
_ROLES = (
    r"sindac[oa]|vicesindac[oa]|assessor[ei]|assessora|consiglier[ea] comunale|parroco|farmacist[ai]|maresciallo|comandante|"
    r"medico (?:condotto|di base)|medica di base|veterinari[oa]|ostetrica|levatrice|preside|dirigente scolastic[oa]|maestr[oa]|"
    r"segretari[oa] comunale|bibliotecari[oa]|postin[oa]|vigile|panettier[ea]|benzinai[oa]|presidente (?:della|del|dell['’])|"
    r"titolare (?:della|del|dell['’])|direttore (?:della|del|dell['’])|direttrice (?:della|del|dell['’])|"
    r"mayor|deputy mayor|parish priest|pharmacist|head teacher|librarian|midwife|postman"
)
_ROLE = re.compile(rf"\b(?:{_ROLES})", re.IGNORECASE)
_ONLY = re.compile(
    r"\b(?:sono|siamo|ero|resto)\s+(?:io\s+)?(?:l['’]unic[oa]|il solo|la sola|gli unici|le uniche)\b|\bi(?:['’]| a)m the only\b",
    re.IGNORECASE,
)


def signs(
    words: str, *, attribution: str = "", municipality: str | None = None, residents: int | None = None
) -> tuple[str, ...]:
    """Codes of what may give a person away: "personal" (a name, address, telephone), "role" (a rare one in a small place), "only".

    `municipality` is the source's own and `residents` its size; where the size is not known it is taken for small.
    """
    found = []
    if personal_spans(words):
        found.append("personal")
    small = municipality is not None and (residents is None or residents < SMALL_MUNICIPALITY)
    if small and (_ROLE.search(words) or _ROLE.search(attribution)):
        found.append("role")
    if _ONLY.search(words):
        found.append("only")
    return tuple(found)

"""The settings of an XLSForm question: limits out of constraints, parameters, appearance. Pure; what does not come along is reported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys.rules import xpath
from consult.listening.surveys.rules.structure import check_settings
from consult.listening.surveys.rules.xlsform import Row, Workbook
from consult.listening.surveys.rules.xlsform_kinds import LOOKS, NO, YES
from consult.listening.surveys.types import Option

#: A part that repeats more often than this would make a questionnaire that nobody fills in.
MOST_TURNS = 5
MEDIA = frozenset({"image", "audio", "video", "big-image"})


def is_required(book: Workbook, row: Row, where: str) -> bool:
    """Whether it must be answered; a calculation is reported."""
    text = row.get("required").casefold()
    if text in YES | NO:
        return text in YES
    book.report(where, Sentence("«Obbligatoria» dipende da un calcolo (%(text)s): qui non lo è.", text=text[:80]))
    return False


def settings_of(
    book: Workbook, row: Row, kind: str, options: Sequence[Option], other: bool, where: str
) -> tuple[str, dict[str, Any]]:
    """The kind (a short range is a scale) and the settings; what can't be said of it is reported."""
    word = row.get("type").split(" ")[0].casefold()
    looks = set(row.get("appearance").replace(",", " ").split())
    given: dict[str, Any] = {"other": other}
    if kind == "single" and looks & {"minimal", "dropdown", "autocomplete", "search"}:
        given["look"] = "list"
    parameters = dict(re.findall(r"([a-z_-]+)\s*=\s*([^\s,;]+)", row.get("parameters").casefold()))
    given["random"] = parameters.get("randomize") == "true"
    if word == "decimal":
        given["decimals"] = 4
    if word == "range":
        kind = _range(book, parameters, given, where)
    strange = sorted(
        look for look in looks if re.sub(r"\(.*", "", look) not in LOOKS and not re.fullmatch(r"columns-\d+|w\d+", look)
    )
    if strange:
        book.report(where, Sentence("L’aspetto «%(look)s» non si porta.", look=" ".join(strange)[:80]))
    if row.get("constraint"):
        found, lost = xpath.limits(row.get("constraint"), kind, decimals=given.get("decimals", 0))
        given |= found
        for why in lost:
            book.report(
                where,
                Sentence("Un controllo non si porta (%(why)s): %(text)s", why=why, text=row.get("constraint")[:200]),
            )
    try:
        return kind, check_settings(kind, given, options)
    except (Invalid, ValueError, TypeError) as error:
        book.report(where, Sentence("Le impostazioni non stanno insieme e non si portano: %(why)s", why=str(error)))
        return kind, check_settings(kind, {}, options)


def _range(book: Workbook, parameters: dict[str, str], given: dict[str, Any], where: str) -> str:
    """A short range of whole numbers is a scale, a long one a number."""
    ends = [parameters.get(name, default) for name, default in (("start", "0"), ("end", "10"), ("step", "1"))]
    if not all(re.fullmatch(r"-?[0-9]{1,6}(?:\.[0-9]{1,4})?", end) for end in ends):
        book.report(where, Sentence("I limiti dell’intervallo non si leggono e non si portano."))
        return "number"
    low, high, step = (float(end) for end in ends)
    given |= {"min": low, "max": high}
    if step == 1 and low.is_integer() and high.is_integer() and 0 <= low < high <= 10:
        return "scale"
    if step != 1:
        book.report(where, Sentence("Il passo dell’intervallo (%(step)s) non si porta.", step=ends[2]))
    given["decimals"] = 0 if step.is_integer() and low.is_integer() else 4
    return "number"


def times_of(book: Workbook, row: Row, where: str, *, top: bool) -> int:
    """How many pages a part that repeats becomes: as many as the form itself counts, where these are few; else one."""
    count = re.fullmatch(r"([1-9])(?:\.0)?", row.get("repeat_count").strip())
    times = int(count.group(1)) if count and top else 1
    if 1 < times <= MOST_TURNS:
        book.report(
            where, Sentence("La parte che si ripete %(n)s volte diventa %(n)s pagine, una dopo l’altra.", n=times)
        )
        return times
    book.report(where, Sentence("La parte che si ripete si chiede una volta sola."))
    return 1


def report_cells(book: Workbook, row: Row, where: str) -> None:
    """Report what stands beside a question and does not come along."""
    for column, sentence in (
        ("default", Sentence("La risposta già scritta non si porta.")),
        ("choice_filter", Sentence("Le voci non si restringono con le risposte di prima: restano tutte.")),
        ("calculation", Sentence("Il calcolo non si porta: %(text)s", text=row.get("calculation")[:300])),
    ):
        if row.get(column):
            book.report(where, sentence)
    if row.get("read_only").casefold() in YES:
        book.report(where, Sentence("È di sola lettura, e qui si può scrivere."))
    for column in ("required_message", "constraint_message"):
        if row.texts.get(column):
            book.report(
                where, Sentence("Il messaggio d’errore proprio non si porta: ce n’è uno di questa piattaforma.")
            )
    report_media(book, row, where)


def report_media(book: Workbook, row: Row, where: str) -> None:
    """Name the pictures and sounds that stand beside words: whoever needs them knows what to say in words instead."""
    files = [text for column, text in row.cells.items() if column.startswith("media_") or column in MEDIA]
    if files:
        book.report(where, Sentence("Immagini e suoni non si portano: %(files)s.", files=", ".join(files)[:200]))

"""What kind of question a row of an XLSForm asks, and the options of its lists. Pure; what does not come along is reported."""

from __future__ import annotations

import re

from consult.core.sentences import Sentence
from consult.listening.surveys.rules.imported import unlike
from consult.listening.surveys.rules.structure import OPTION_CODE, RESERVED
from consult.listening.surveys.rules.xlsform import Row, Workbook
from consult.listening.surveys.rules.xlsform_groups import where_of
from consult.listening.surveys.rules.xlsform_kinds import AUTOMATIC, CHANGED, KINDS, LISTS
from consult.listening.surveys.rules.xlsform_settings import report_media
from consult.listening.surveys.types import Option


def kind_of(book: Workbook, row: Row) -> tuple[str, str, bool]:
    """Our kind, the list of choices and whether another answer may be given; an empty kind: it does not come along."""
    where, text = where_of(row), row.get("type").strip()
    word, _blank, rest = text.partition(" ")
    plain = word.casefold()
    several = {"select one": "select_one", "select multiple": "select_multiple", "select all": "select_multiple"}
    for spoken, name in several.items():
        if text.casefold().startswith(spoken):
            plain, rest = name, re.sub(r"^(?:that apply )?from ", "", text[len(spoken) :].strip())
    if plain in LISTS:
        other = bool(re.search(r"\bor[_ ](?:other|specify_other)\s*$", rest))
        listed = re.sub(r"\s*\bor[_ ](?:other|specify_other)\s*$", "", rest).strip()
        kind = LISTS[plain]
        if kind == "single" and "likert" in row.get("appearance"):
            kind = "likert"
        return kind, listed, other and kind in {"single", "multiple"}
    if plain in AUTOMATIC and not row.texts.get("label"):
        book.report(
            "survey",
            Sentence("I dati che il telefono scrive da sé (ora, apparecchio) non si portano: qui non si raccolgono."),
        )
        return "", "", False
    kind = KINDS.get(plain, "")
    if not kind:
        book.report(where, Sentence("Il tipo di domanda «%(kind)s» non si porta: la domanda manca.", kind=text[:60]))
    elif plain in CHANGED:
        book.report(where, CHANGED[plain])
    if kind == "short" and (
        "multiline" in row.get("appearance") or re.search(r"rows\s*=\s*[2-9]", row.get("parameters"))
    ):
        kind = "long"
    return kind, "", False


def options_of(
    book: Workbook, name: str, where: str
) -> tuple[tuple[Option, ...], dict[str, str], dict[str, dict[str, str]]]:
    """The options of a list, our code of each name, and their words in the other languages."""
    listed: list[tuple[str, str]] = []
    choices: dict[str, str] = {}
    more: dict[str, dict[str, str]] = {}
    for row in book.choices.get(name, []):
        theirs = row.get("name")
        words = book.words(row, "label", f"{name}: {theirs}")
        label = words.get(book.language) or next(iter(words.values()), "") or theirs
        if theirs in choices:
            book.report(f"{name}: {theirs}", Sentence("Questa voce c’è due volte: se ne porta una."))
            continue
        code = theirs
        if not OPTION_CODE.fullmatch(code) or code in RESERVED or code in choices.values():
            book.report(where, Sentence("Il codice della voce «%(label)s» è cambiato.", label=label[:80]))
            code = f"o{len(choices) + 1}"
        report_media(book, row, f"{name}: {theirs}")
        choices[theirs] = code
        listed.append((code, " ".join(label.split())[:500]))
        more[f"o.{code}"] = words
    return tuple(Option(code, label) for code, label in unlike(listed)), choices, more

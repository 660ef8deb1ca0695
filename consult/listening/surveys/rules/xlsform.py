"""XLSForm's workbook (the form of KoboToolbox, ODK, SurveyCTO, Survey123) as tables: survey, choices, settings. Pure.

What a column means and in which language stands in its heading: `label`, `label::English (en)`, `hint::fr`. What is not known is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from consult.core.errors import Invalid
from consult.core.reading.blocks import Block
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.imported import Loss
from consult.listening.surveys.rules.limesurvey import without_markup

#: Columns whose words may stand in several languages.
WORDS = frozenset({"label", "hint", "guidance_hint", "required_message", "constraint_message"})
_SYNONYMS = {
    "relevance": "relevant", "caption": "label", "readonly": "read_only", "list name": "list_name", "listname": "list_name",
    "list_id": "list_name", "value": "name", "skip": "relevant", "requiredmsg": "required_message", "constraint message": "constraint_message",
    "required message": "required_message", "calculate": "calculation", "command": "type",
}  # fmt: skip  # pairs read better side by side
_LANGUAGES = {
    "italiano": "it", "italian": "it", "english": "en", "inglese": "en", "français": "fr", "francais": "fr", "french": "fr",
    "francese": "fr", "deutsch": "de", "german": "de", "tedesco": "de", "español": "es", "espanol": "es", "spanish": "es", "spagnolo": "es",
    "português": "pt", "portugues": "pt", "portuguese": "pt", "română": "ro", "romanian": "ro", "romeno": "ro", "arabic": "ar", "العربية": "ar",
    "ukrainian": "uk", "українська": "uk", "albanian": "sq", "shqip": "sq", "chinese": "zh", "中文": "zh", "polski": "pl", "polish": "pl",
    "russian": "ru", "русский": "ru", "nederlands": "nl", "dutch": "nl", "türkçe": "tr", "turkish": "tr",
}  # fmt: skip  # pairs read better side by side
_NAMED = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}")
MOST_LANGUAGES = 12
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet: its line, cells by column, and texts by column and language."""

    line: int
    cells: dict[str, str]
    texts: dict[str, dict[str, str]]

    def get(self, column: str) -> str:
        """A cell, or an empty text."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class Workbook:
    """The three sheets, the languages (the first is the original), and what does not come along."""

    survey: list[Row]
    choices: dict[str, list[Row]]
    settings: dict[str, str]
    languages: list[str]
    columns: tuple[str, ...]
    losses: list[Loss] = field(default_factory=list)
    #: Calculated names that are just a word or a number: texts say it instead of the name.
    values: dict[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The language it was written in first."""
        return self.languages[0]

    def report(self, where: str, reason: str) -> None:
        """Note what does not come along."""
        loss = Loss(where, reason)
        if loss not in self.losses:
            self.losses.append(loss)

    def words(self, row: Row, column: str, where: str) -> dict[str, str]:
        """A text by language, without markup; pictures and fields that fill themselves are reported."""
        found: dict[str, str] = {}
        for code, text in row.texts.get(column, {}).items():
            text = _NAMED.sub(lambda match: self.values.get(match.group(1).casefold(), match.group(0)), text)
            plain, lost = without_markup(re.sub(r"(\*\*|__)(.+?)\1", r"\2", text))
            for thing in sorted(lost):
                self.report(where, Sentence("Il testo conteneva «%(thing)s», che non si porta.", thing=thing))
            if "${" in plain:
                self.report(
                    where,
                    Sentence("Il testo contiene campi automatici tra parentesi graffe: restano scritti come sono."),
                )
            if plain and code in self.languages:
                found[code] = plain
        return found

    def help(self, row: Row | None, where: str) -> dict[str, str]:
        """The help of a question or a group, by language, with the guidance for interviewers below it."""
        if row is None:
            return {}
        found = self.words(row, "hint", where)
        for code, text in self.words(row, "guidance_hint", where).items():
            found[code] = f"{found.get(code, '')}\n{text}".strip()
        return found


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def read_workbook(blocks: Sequence[Block]) -> Workbook:
    """The tables of a workbook that was read as rows. Raises Invalid with one sentence."""
    sheets: dict[str, list[Block]] = {}
    for block in blocks:
        sheets.setdefault(block.kind.strip().casefold(), []).append(block)
    if "survey" not in sheets:
        raise _refuse("Il foglio di calcolo non è un XLSForm: manca il foglio «survey».")
    heads = [_heads(sheets[name][0].cells) if sheets.get(name) else [] for name in ("survey", "choices")]
    if not any(column == "type" for column, _language in heads[0]):
        raise _refuse("Il foglio «survey» non è di un XLSForm: manca la colonna «type».")
    settings = _settings(sheets.get("settings", []))
    original, others, strange = _languages([*heads[0], *heads[1]], settings.get("default_language", ""))
    codes = {name: original if name == DEFAULT else code for name, code in others.items()}
    survey = _rows(sheets["survey"], heads[0], codes)
    choices: dict[str, list[Row]] = {}
    for row in _rows(sheets.get("choices", []), heads[1], codes):
        choices.setdefault(row.get("list_name"), []).append(row)
    languages = list(dict.fromkeys([original, *codes.values()]))
    book = Workbook(survey, choices, settings, languages[:MOST_LANGUAGES], tuple(name for name, _language in heads[0]))
    for name in strange:
        book.report(
            "label", Sentence("La lingua «%(name)s» non si riconosce: i suoi testi non si portano.", name=name[:60])
        )
    if len(languages) > MOST_LANGUAGES:
        book.report("label", Sentence("Si portano al massimo 12 lingue."))
    return book


def _heads(cells: Sequence[str]) -> list[tuple[str, str]]:
    """The columns, each with the language its heading names."""
    found = []
    for cell in cells:
        name, _colons, language = cell.strip().partition("::")
        if not language and ":" in name and name.split(":")[0].strip().casefold() in WORDS:
            name, _colon, language = name.partition(":")
        plain = name.strip().casefold()
        plain = _SYNONYMS.get(plain, plain.replace(" ", "_"))
        if plain == "media" and language:
            # media::image::English: which kind of picture or sound, then the language.
            plain, language = f"media_{language.partition('::')[0].strip().casefold()}", language.partition("::")[2]
        found.append((plain, language.strip()))
    return found


def _languages(heads: Sequence[tuple[str, str]], wanted: str) -> tuple[str, dict[str, str], list[str]]:
    """The original language, the code of each language by its name in the headings, and names that are none."""
    names = list(dict.fromkeys(language for column, language in heads if column in WORDS))
    codes = {name: _code(name) for name in names if name}
    strange = [name for name, code in codes.items() if not code]
    known = {name: code for name, code in codes.items() if code}
    original = _code(wanted) or ("it" if "" in names else next(iter(known.values()), "it"))
    return original, {"": original, DEFAULT: original, **known}, strange


def _code(name: str) -> str:
    """The code of a language called "English (en)", "English" or "en"; empty where it is none."""
    text = name.strip().casefold()
    inside = re.search(r"\(([a-z]{2,3})(?:[-_][a-z0-9]+)?\)\s*$", text)
    if inside:
        return inside.group(1)
    if text in _LANGUAGES:
        return _LANGUAGES[text]
    return text if re.fullmatch(r"[a-z]{2,3}", text) else ""


def _settings(blocks: Sequence[Block]) -> dict[str, str]:
    if len(blocks) < 2:
        return {}
    names = [name for name, _language in _heads(blocks[0].cells)]
    return {name: cell for name, cell in zip(names, blocks[1].cells, strict=False) if cell}


def _rows(blocks: Sequence[Block], heads: Sequence[tuple[str, str]], codes: dict[str, str]) -> list[Row]:
    found = []
    for block in blocks[1:]:
        cells: dict[str, str] = {}
        texts: dict[str, dict[str, str]] = {}
        for (column, language), cell in zip(heads, block.cells, strict=False):
            text = cell.strip()
            if not text:
                continue
            if column in WORDS:
                code = codes.get(language, "")
                if code:
                    texts.setdefault(column, {})[code] = text
            elif column:
                cells.setdefault(column, text)
        if cells or texts:
            found.append(Row(block.level, cells, texts))
    return found

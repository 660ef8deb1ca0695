"""What is a valid answer to each kind of question, and its stored form. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.sentences import Sentence
from consult.listening.sources.rules import speaker_from
from consult.listening.surveys.rules.conditions import is_shown
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, QuestionRow

#: The kinds of question in the order in which the builder offers them, each by its name: there and in the dictionary of the answers.
KINDS: dict[str, Sentence] = {
    "long": Sentence("testo lungo"),
    "short": Sentence("testo breve"),
    "single": Sentence("una sola risposta"),
    "multiple": Sentence("più risposte"),
    "yes_no": Sentence("sì o no"),
    "scale": Sentence("scala numerica"),
    "likert": Sentence("scala di accordo"),
    "matrix": Sentence("tabella, una risposta per riga"),
    "matrix_multiple": Sentence("tabella, più risposte per riga"),
    "ranking": Sentence("classifica"),
    "points": Sentence("punti da distribuire"),
    "number": Sentence("numero"),
    "date": Sentence("data"),
    "place": Sentence("zona o comune"),
    "speaker": Sentence("tipo di voce"),
    "strategy": Sentence("strategia del piano"),
    "axis": Sentence("asse del piano"),
    "file": Sentence("caricamento di un file"),
    "consent": Sentence("consenso"),
    "display": Sentence("solo testo"),
}
#: Kinds with options of their own, with rows, and with one answer each in a list.
WITH_OPTIONS = frozenset({"single", "multiple", "likert", "matrix", "matrix_multiple", "ranking", "points"})
WITH_ROWS = frozenset({"matrix", "matrix_multiple"})
LISTS = frozenset({"multiple", "ranking", "strategy", "axis"})
LONGEST = {"short": 300, "long": 5000}
OTHER_LONGEST = 300
NEEDED = Sentence("Questa risposta serve per continuare.")
NOT_LISTED = Sentence("Scegli una delle voci dell’elenco.")
_WHOLE = re.compile(r"-?[0-9]{1,13}")
_NUMBER = re.compile(r"-?[0-9]{1,13}(?:[.,][0-9]{1,4})?")
_FILE_KEYS = frozenset({"file", "name", "size"})


def clean_values(
    questions: Sequence[QuestionRow], raw: Mapping[str, Any], places: frozenset[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The valid answers by question key, and a sentence for each that is missing or impossible.

    `raw` maps question keys (and keys of other answers' words) to what was sent; `places` are the codes "z:key" and "m:key" of the
    territory, "s:code" of the frame's strategies and "a:number" of its axes. What a condition hides is neither asked nor kept.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    by_code: dict[str, Any] = {}
    for question in questions:
        if not question.asks or not is_shown(question, by_code):
            continue
        key = question.key
        try:
            value = clean_answer(question, raw.get(key), places)
            words = _other_words(question, value, raw)
        except (UnreadableText, ValueError) as error:
            problems[key] = error.args[0] if isinstance(error.args[0], Sentence) else str(error)
            continue
        if value in (None, "", [], {}):
            if question.required:
                problems[key] = NEEDED
            continue
        values[key] = value
        by_code[question.code] = value
        if words:
            values[question.other_key] = words
    return values, problems


def _other_words(question: QuestionRow, value: Any, raw: Mapping[str, Any]) -> str:
    """The words of "another answer", where it was chosen; they may not be missing."""
    chosen = value == OTHER or (isinstance(value, list) and OTHER in value)
    if not chosen:
        return ""
    words = clean_line(str(raw.get(question.other_key) or ""))
    if not words:
        raise ValueError(Sentence("Scrivi qual è l’altra risposta."))
    if len(words) > OTHER_LONGEST:
        raise ValueError(Sentence("Il testo può avere al massimo %(max)d caratteri.", max=OTHER_LONGEST))
    return words


def clean_answer(question: QuestionRow, value: Any, places: frozenset[str]) -> Any:
    """One answer in its stored form; None where there is none. Raises ValueError with a sentence."""
    given = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(given, str) and given in question.ways_out:
        return given
    if isinstance(value, list) and set(value) & set(question.ways_out):
        raise ValueError(
            Sentence("Hai scelto una risposta e anche «non so» o «preferisco non dirlo»: lasciane una sola.")
        )
    return _READERS[question.kind](question, value, places)


def option_codes(question: QuestionRow) -> list[str]:
    """The codes that may be chosen, "another answer" included."""
    codes = [option.code for option in question.options]
    return [*codes, OTHER] if question.settings.get("other") and question.kind in {"single", "multiple"} else codes


def most_of(question: QuestionRow) -> int | None:
    """How many may be chosen at most; None for as many as there are. Of strategies and axes it is one unless it is said otherwise."""
    most: int | None = question.settings.get("most")
    return most or (1 if question.kind in {"strategy", "axis"} else None)


def told_by_place(question: QuestionRow) -> bool:
    """Whether the place of each option in a ranking is told of its own: of two, who comes first says it all."""
    return question.kind == "ranking" and len(question.options) > 2


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.strip()


def _words(question: QuestionRow, value: Any, places: frozenset[str]) -> str | None:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = clean_line(text) if question.kind == "short" else clean_text(text)
    if not text:
        return None
    most = min(question.settings.get("most_chars") or LONGEST[question.kind], LONGEST[question.kind])
    if len(text) > most:
        raise ValueError(Sentence("Il testo può avere al massimo %(max)d caratteri.", max=most))
    least = question.settings.get("least_chars") or 0
    if len(text) < least:
        raise ValueError(Sentence("Servono almeno %(min)d caratteri.", min=least))
    return text


def _chosen(question: QuestionRow, value: Any, codes: Sequence[str], most: int | None) -> list[str]:
    sent = [value] if isinstance(value, str) else list(value or [])
    sent = [each for each in sent if each != ""]
    if not set(sent) <= set(codes):
        raise ValueError(Sentence("Scegli tra le voci dell’elenco."))
    chosen = [code for code in codes if code in sent]
    alone = {option.code: option.label for option in question.options if option.exclusive}
    if len(chosen) > 1 and set(chosen) & set(alone):
        label = next(alone[code] for code in chosen if code in alone)
        raise ValueError(Sentence("«%(option)s» esclude le altre voci: lascia solo quella o toglila.", option=label))
    if most and len(chosen) > most:
        raise ValueError(Sentence("Si possono scegliere al massimo %(n)s voci.", n=most))
    least = question.settings.get("least")
    if least and chosen and len(chosen) < least and not set(chosen) & set(alone):
        raise ValueError(Sentence("Scegli almeno %(n)s voci.", n=least))
    return chosen


def _multiple(question: QuestionRow, value: Any, places: frozenset[str]) -> list[str]:
    return _chosen(question, value, option_codes(question), most_of(question))


def _from_frame(question: QuestionRow, value: Any, places: frozenset[str]) -> list[str]:
    mark = "s:" if question.kind == "strategy" else "a:"
    codes = sorted(code.removeprefix(mark) for code in places if code.startswith(mark))
    return _chosen(question, value, codes, most_of(question))


def _single(question: QuestionRow, value: Any, places: frozenset[str]) -> str | None:
    text = _one_line(value)
    if not text:
        return None
    known = {
        "yes_no": ("yes", "no"),
        "place": places,
        "speaker": (str(speaker_from(text)),),
    }.get(question.kind) or option_codes(question)
    if text not in known or (question.kind == "place" and not text.startswith(("z:", "m:"))):
        raise ValueError(NOT_LISTED)
    return text


def _scale(question: QuestionRow, value: Any, places: frozenset[str]) -> int | None:
    text = _one_line(value)
    if not text:
        return None
    low, high = question.settings.get("min", 1), question.settings.get("max", 5)
    if not re.fullmatch(r"-?[0-9]{1,3}", text) or not low <= int(text) <= high:
        raise ValueError(Sentence("Scegli un numero da %(low)s a %(high)s.", low=low, high=high))
    return int(text)


def _number(question: QuestionRow, value: Any, places: frozenset[str]) -> int | float | None:
    text = _one_line(value).replace(" ", "").replace("\u00a0", "")
    if not text:
        return None
    decimals = question.settings.get("decimals") or 0
    if not _NUMBER.fullmatch(text):
        raise ValueError(Sentence("Scrivi un numero, con le sole cifre."))
    number = Decimal(text.replace(",", "."))
    if number != round(number, decimals):
        raise ValueError(
            Sentence("Scrivi un numero intero.")
            if not decimals
            else Sentence("Il numero può avere al massimo %(n)s decimali.", n=decimals)
        )
    low, high = question.settings.get("min"), question.settings.get("max")
    if low is not None and number < Decimal(str(low)):
        raise ValueError(Sentence("Il numero più piccolo che si può scrivere è %(n)s.", n=low))
    if high is not None and number > Decimal(str(high)):
        raise ValueError(Sentence("Il numero più grande che si può scrivere è %(n)s.", n=high))
    return int(number) if number == int(number) else float(number)


def _date(question: QuestionRow, value: Any, places: frozenset[str]) -> str | None:
    text = _one_line(value)
    if not text:
        return None
    # Without a date picker people write it the way they say it: 7/3/2026.
    spoken = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", text)
    if spoken:
        text = f"{spoken[3]}-{int(spoken[2]):02}-{int(spoken[1]):02}"
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(Sentence("Scrivi una data che esiste: giorno, mese, anno."))
    first, last = question.settings.get("earliest"), question.settings.get("latest")
    if first and text < first:
        raise ValueError(Sentence("La data può essere al più presto il %(d)s.", d=_spoken(first)))
    if last and text > last:
        raise ValueError(Sentence("La data può essere al più tardi il %(d)s.", d=_spoken(last)))
    return text


def _spoken(day: str) -> str:
    year, month, number = day.split("-")
    return f"{int(number)}/{int(month)}/{year}"


def _matrix(question: QuestionRow, value: Any, places: frozenset[str]) -> dict[str, str]:
    sent = value if isinstance(value, Mapping) else {}
    codes = {option.code for option in question.options}
    found: dict[str, str] = {}
    for row in question.rows:
        text = _one_line(sent.get(row.code))
        if text and text not in codes:
            raise ValueError(NOT_LISTED)
        if text:
            found[row.code] = text
        elif question.required:
            raise ValueError(Sentence("Manca la risposta alla riga «%(row)s».", row=row.label))
    return found


def _matrix_multiple(question: QuestionRow, value: Any, places: frozenset[str]) -> dict[str, list[str]]:
    sent = value if isinstance(value, Mapping) else {}
    codes = [option.code for option in question.options]
    found: dict[str, list[str]] = {}
    for row in question.rows:
        try:
            chosen = _chosen(question, sent.get(row.code), codes, most_of(question))
        except ValueError as error:
            raise ValueError(Sentence("Riga «%(row)s»: %(why)s", row=row.label, why=str(error.args[0]))) from error
        if chosen:
            found[row.code] = chosen
        elif question.required:
            raise ValueError(Sentence("Manca la risposta alla riga «%(row)s».", row=row.label))
    return found


def _ranking(question: QuestionRow, value: Any, places: frozenset[str]) -> list[str]:
    """Sent either as codes in order, or as the place of each option, as the form without JavaScript does."""
    codes = [option.code for option in question.options]
    if isinstance(value, Mapping):
        places_given = {code: _one_line(value.get(code)) for code in codes if _one_line(value.get(code))}
        if not all(
            re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= len(codes) for text in places_given.values()
        ):
            raise ValueError(Sentence("Scegli un posto da 1 a %(n)s.", n=len(codes)))
        order = sorted((int(text), code) for code, text in places_given.items())
        for (place, _code), (following, _other) in pairwise(order):
            if place == following:
                raise ValueError(
                    Sentence("Due voci hanno lo stesso posto (%(n)s): ogni posto vale una volta.", n=place)
                )
        if [place for place, _code in order] != list(range(1, len(order) + 1)):
            raise ValueError(Sentence("I posti vanno dati di seguito, dal primo: 1, 2, 3…"))
        ranked = [code for _place, code in order]
    else:
        ranked = [each for each in ([value] if isinstance(value, str) else list(value or [])) if each]
        if not set(ranked) <= set(codes) or len(set(ranked)) < len(ranked):
            raise ValueError(Sentence("Scegli tra le voci dell’elenco."))
    most = question.settings.get("most") or len(codes)
    least = question.settings.get("least") or (min(most, len(codes)) if question.required else 1)
    if ranked and len(ranked) > most:
        raise ValueError(Sentence("Si possono ordinare al massimo %(n)s voci.", n=most))
    if ranked and len(ranked) < least:
        raise ValueError(Sentence("Metti in ordine almeno %(n)s voci.", n=least))
    return ranked


def _points(question: QuestionRow, value: Any, places: frozenset[str]) -> dict[str, int]:
    sent = value if isinstance(value, Mapping) else {}
    total = question.settings.get("total") or 100
    found: dict[str, int] = {}
    for option in question.options:
        text = _one_line(sent.get(option.code)) or "0"
        if not _WHOLE.fullmatch(text) or not 0 <= int(text) <= total:
            raise ValueError(
                Sentence("«%(option)s»: scrivi un numero intero da 0 a %(n)s.", option=option.label, n=total)
            )
        if int(text):
            found[option.code] = int(text)
    given = sum(found.values())
    if found and given < total:
        raise ValueError(
            Sentence("Restano %(n)s punti da dare: in tutto sono %(total)s.", n=total - given, total=total)
        )
    if given > total:
        raise ValueError(
            Sentence("Hai dato %(n)s punti di troppo: in tutto sono %(total)s.", n=given - total, total=total)
        )
    return found


def _consent(question: QuestionRow, value: Any, places: frozenset[str]) -> str | None:
    text = _one_line(value[0] if isinstance(value, list) and value else value)
    if text not in {"", "yes"}:
        raise ValueError(NOT_LISTED)
    return text or None


def _file(question: QuestionRow, value: Any, places: frozenset[str]) -> dict[str, Any] | None:
    if not value:
        return None
    if not isinstance(value, Mapping) or set(value) != _FILE_KEYS:
        raise ValueError(Sentence("Il file non è arrivato: sceglilo di nuovo."))
    return dict(value)


def _nothing(question: QuestionRow, value: Any, places: frozenset[str]) -> None:
    return None


_READERS: dict[str, Callable[[QuestionRow, Any, frozenset[str]], Any]] = {
    "short": _words, "long": _words, "single": _single, "likert": _single, "yes_no": _single, "place": _single, "speaker": _single,
    "multiple": _multiple, "strategy": _from_frame, "axis": _from_frame, "scale": _scale, "number": _number, "date": _date,
    "matrix": _matrix, "matrix_multiple": _matrix_multiple, "ranking": _ranking, "points": _points, "consent": _consent, "file": _file,
    "display": _nothing,
}  # fmt: skip  # pairs read better side by side


def given_speaker(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> str | None:
    """The kind of speaker that was answered, if it was asked and said."""
    return next((values[q.key] for q in questions if q.kind == "speaker" and _said(q, values)), None)


def given_place(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> str | None:
    """The place that was answered ("z:key" or "m:key"), if it was asked and said."""
    return next((values[q.key] for q in questions if q.kind == "place" and _said(q, values)), None)


def _said(question: QuestionRow, values: Mapping[str, Any]) -> bool:
    return values.get(question.key) not in (None, DONT_KNOW, PREFER_NOT)

"""Reading a frame of axes and strategies from JSON, as targets for suggestions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from consult.analytics.tabular import TableError, decode
from consult.analytics.types import FrameTarget


class FrameError(ValueError):
    """The file is no frame; the message says why in one sentence."""


TITLES = ("title", "name", "label", "titolo", "nome", "titre", "nom", "titel", "strategy", "strategia", "text", "testo")
CODES = ("code", "id", "number", "key", "slug", "codice", "numero", "num")
AXES = ("axes", "assi", "pillars", "missions", "missioni")
STRATEGIES = ("strategies", "strategie", "stratégies", "lines", "linee", "components", "componenti")
LISTS = (*STRATEGIES, "targets", "themes", "temi", "thèmes", "categories", "categorie", *AXES, "items")
OBJECTIVES = ("objective", "objectives", "obiettivo", "obiettivi", "objectif", "objectifs", "goal", "goals", "aim")
DESCRIPTIONS = ("description", "descrizione", "summary", "definition")
KEYWORDS = ("keywords", "parole_chiave", "parole chiave", "mots_clés", "tags")
EXAMPLES = ("examples", "esempi", "exemples")
ACTIONS = ("actions", "azioni")
AXIS_OF = ("axis", "asse", "axe", "pillar", "mission")
PREFERRED = ("it", "en", "fr")


def _said(value: Any) -> str:
    """Text of a value: a string, a number, or a translation of one ({"it": ..., "en": ...})."""
    if isinstance(value, dict):
        spoken = [value[name] for name in (*PREFERRED, *sorted(value)) if isinstance(value.get(name), str)]
        return spoken[0].strip() if spoken else ""
    if isinstance(value, list | tuple):
        return " ".join(said if said.endswith((".", "!", "?")) else f"{said}." for said in map(_said, value) if said)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _first(entry: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((said for name in names if (said := _said(entry.get(name)))), "")


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list | tuple):
        return ()
    found = (_first(part, TITLES) if isinstance(part, dict) else _said(part) for part in value)
    return tuple(text for text in found if text)


def _value(entry: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first of some values that says anything."""
    return next((entry[name] for name in names if entry.get(name)), None)


def _target(entry: Any, axis: Mapping[str, Any], place: int) -> FrameTarget:
    if not isinstance(entry, dict):
        entry = {"title": entry}
    title = _first(entry, TITLES)
    if not title:
        raise FrameError(f"Strategy number {place} of the frame has no title.")
    shown = _value(entry, EXAMPLES)
    examples = (shown,) if isinstance(shown, str) else _texts(shown)
    actions = _value(entry, ACTIONS)
    axis = axis or _axis_told(entry)
    return FrameTarget(
        code=_first(entry, CODES) or title,
        title=title,
        axis_code=_first(axis, CODES),
        axis_title=_first(axis, TITLES),
        axis_objective=_first(axis, (*OBJECTIVES, *DESCRIPTIONS)),
        description=_first(entry, (*DESCRIPTIONS, *OBJECTIVES)),
        keywords=_texts(_value(entry, KEYWORDS)),
        # What a plan already does under a strategy says what belongs there.
        examples=(*examples, *_texts(actions if isinstance(actions, list) else None)),
    )


def _axis_told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The axis as a strategy tells it by itself: {"axis": {...}}, or "axis_title", "axis_objective" and the like."""
    for name in AXIS_OF:
        if isinstance(entry.get(name), dict):
            return dict(entry[name])
    told = {
        key.split("_", 1)[1]: value for key, value in entry.items() if key.split("_", 1)[0] in AXIS_OF and "_" in key
    }
    code = _first(entry, AXIS_OF)
    return told | ({"code": code} if code and not _first(told, CODES) else {})


def _by_axis(strategies: Sequence[Any], axes: Sequence[Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Strategies beside a list of axes: each with the one it names, or whose code its own begins with."""
    known = {_first(axis, CODES): axis for axis in axes if isinstance(axis, dict)}
    known |= {_first(axis, TITLES): axis for axis in axes if isinstance(axis, dict)}
    pairs: list[tuple[Any, Mapping[str, Any]]] = []
    for entry in strategies:
        told = _axis_told(entry) if isinstance(entry, dict) else {}
        names = [_first(told, CODES), _first(told, TITLES)]
        if isinstance(entry, dict):
            names.append(re.split(r"[.\-_/ ]", _first(entry, CODES))[0])
        pairs.append((entry, next((known[name] for name in names if name and name in known), told)))
    return pairs


def _inside(data: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The first list, or table by code, that stands under one of some names."""
    return next((data[name] for name in names if isinstance(data.get(name), list | dict) and data[name]), None)


def _listed(data: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    """Strategies with their axis; an axis without strategies is a target itself."""
    if isinstance(data, list):
        if any(isinstance(entry, dict) and _inside(entry, STRATEGIES) for entry in data):
            return _listed({"axes": data})
        return [(entry, {}) for entry in data]
    if not isinstance(data, dict):
        return []
    axes, own = _inside(data, AXES), _inside(data, STRATEGIES)
    if axes and own:
        return _by_axis(_rows(own), _rows(axes))
    if axes:
        pairs: list[tuple[Any, Mapping[str, Any]]] = []
        for axis in _rows(axes):
            below = _inside(axis, STRATEGIES) if isinstance(axis, dict) else None
            pairs += [(entry, axis) for entry in _rows(below)] if below else [(axis, {})]
        return pairs
    found = _inside(data, LISTS)
    if found:
        return _listed(_rows(found))
    below = [name for name in sorted(data) if isinstance(data[name], dict) and _inside(data[name], LISTS)]
    if len(below) > 1 and all(
        _inside(data[name], STRATEGIES) for name in below
    ):  # {"1": {"title", "strategies"}, "2": ...}
        return _listed({"axes": {name: data[name] for name in below}})
    if below:  # {"plan": {"axes": ...}}
        return _listed(data[next((name for name in below if _inside(data[name], (*AXES, *STRATEGIES))), below[0])])
    if data and all(
        isinstance(value, list) and value for value in data.values()
    ):  # {"Mobility": ["Trains", "Buses"], ...}
        return _listed({"axes": data})
    # {"1.1": "Title", ...} or {"1.1": {"title": ...}, ...}
    if data and all(
        isinstance(value, str) or (isinstance(value, dict) and _first(value, TITLES)) for value in data.values()
    ):
        return [(entry, {}) for entry in _rows(data)]
    return []


def _rows(listed: list[Any] | dict[str, Any]) -> list[Any]:
    """A list as it is; of a table by code the values, each with its code; a list under a name are that name's strategies."""
    if isinstance(listed, list):
        return listed
    rows: list[Any] = []
    for code, value in listed.items():
        if isinstance(value, list):
            rows.append({"title": code, "strategies": value})
        else:
            rows.append({"code": code, **(value if isinstance(value, dict) else {"title": value})})
    return rows


def targets_from(data: Any, descriptions: Mapping[str, Any] | None = None) -> tuple[FrameTarget, ...]:
    """Targets from parsed JSON.

    Taken: {"axes": [{"title", "objective", "strategies": [...]}]}; axes alone, which then are the targets; a list of
    strategies or of bare titles; {"code": "title"}; strategies and axes side by side; all this under one more name; Italian and French names
    for the same. A strategy has a title and may have `code`, `description`, `keywords`,
    `examples`, `actions`. `descriptions` (by code, each with the `title` it was written for) fill in for strategies of the
    same code and title that have none of their own.
    """
    targets = [_target(entry, axis, place) for place, (entry, axis) in enumerate(_listed(data), start=1)]
    if not targets:
        raise FrameError(
            "The frame holds no strategies: expected “axes” with “strategies”, axes alone, a list of strategies or "
            "titles, or codes with titles."
        )
    often = [code for code, count in Counter(target.code for target in targets).items() if count > 1]
    if often:
        raise FrameError(f"Two strategies of the frame have the same code: {', '.join(sorted(often)[:5])}.")
    return tuple(_described(target, (descriptions or {}).get(target.code)) for target in targets)


def _described(target: FrameTarget, more: Any) -> FrameTarget:
    if not isinstance(more, dict) or more.get("title") != target.title or target.description or target.keywords:
        return target
    return FrameTarget(
        code=target.code,
        title=target.title,
        axis_code=target.axis_code,
        axis_title=target.axis_title,
        axis_objective=target.axis_objective,
        description=str(more.get("description") or ""),
        keywords=_texts(more.get("keywords")),
        examples=target.examples,
    )


def read_frame(path: Path, descriptions: Path | None = None) -> tuple[FrameTarget, ...]:
    """Targets from a JSON file, with the descriptions of another where codes and titles agree."""
    return targets_from(_json(path), _json(descriptions) if descriptions else None)


def _json(path: Path) -> Any:
    try:
        text, _ = decode(path.read_bytes())
    except (OSError, TableError) as error:
        raise FrameError(f"{path.name} cannot be read ({error}).") from error
    if not text.strip():
        raise FrameError(f"{path.name} is empty.")
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FrameError(f"{path.name} is not JSON ({error}).") from error

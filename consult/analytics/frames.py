"""Reading a frame of axes and strategies from JSON, as targets for suggestions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from consult.analytics.tabular import TableError, decode
from consult.analytics.types import FrameTarget


class FrameError(ValueError):
    """The file is no frame; the message says why in one sentence."""


TITLES = ("title", "name", "label", "titolo", "nome", "titre", "nom", "text")
CODES = ("code", "id", "number", "key", "slug", "codice")
LISTS = ("strategies", "targets", "themes", "categories", "components", "lines", "axes", "items")
PREFERRED = ("it", "en", "fr")


def _said(value: Any) -> str:
    """Text of a value: a string, a number, or a translation of one ({"it": ..., "en": ...})."""
    if isinstance(value, dict):
        spoken = [value[name] for name in (*PREFERRED, *sorted(value)) if isinstance(value.get(name), str)]
        return spoken[0].strip() if spoken else ""
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


def _target(entry: Any, axis: Mapping[str, Any], place: int) -> FrameTarget:
    if not isinstance(entry, dict):
        entry = {"title": entry}
    title = _first(entry, TITLES)
    if not title:
        raise FrameError(f"Strategy number {place} of the frame has no title.")
    examples = (entry["examples"],) if isinstance(entry.get("examples"), str) else _texts(entry.get("examples"))
    return FrameTarget(
        code=_first(entry, CODES) or title,
        title=title,
        axis_code=_first(axis, CODES),
        axis_title=_first(axis, TITLES),
        axis_objective=_said(axis.get("objective") or axis.get("description")),
        description=_said(entry.get("description") or entry.get("objective")),
        keywords=_texts(entry.get("keywords")),
        # What a plan already does under a strategy says what belongs there.
        examples=(*examples, *_texts(entry.get("actions") if isinstance(entry.get("actions"), list) else None)),
    )


def _listed(data: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    """Strategies with their axis; an axis without strategies is a target itself."""
    if isinstance(data, list):
        if any(isinstance(entry, dict) and isinstance(entry.get("strategies"), list) for entry in data):
            return _listed({"axes": data})
        return [(entry, {}) for entry in data]
    if not isinstance(data, dict):
        return []
    if isinstance(data.get("axes"), list):
        pairs: list[tuple[Any, Mapping[str, Any]]] = []
        for axis in data["axes"]:
            own = axis.get("strategies") if isinstance(axis, dict) else None
            pairs += [(entry, axis) for entry in own] if isinstance(own, list) and own else [(axis, {})]
        return pairs
    for name in LISTS:
        if isinstance(data.get(name), list | dict):
            return _listed(data[name])
    # {"1.1": "Title", ...} or {"1.1": {"title": ...}, ...}
    if data and all(
        isinstance(value, str) or (isinstance(value, dict) and _first(value, TITLES)) for value in data.values()
    ):
        return [
            ({"code": code, **(value if isinstance(value, dict) else {"title": value})}, {})
            for code, value in data.items()
        ]
    return []


def targets_from(data: Any, descriptions: Mapping[str, Any] | None = None) -> tuple[FrameTarget, ...]:
    """Targets from parsed JSON.

    Taken: {"axes": [{"title", "objective", "strategies": [...]}]}; axes alone, which then are the targets; a list of
    strategies or of bare titles; {"code": "title"}. A strategy has a title and may have `code`, `description`, `keywords`,
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

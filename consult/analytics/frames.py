"""Reading a frame of axes and strategies from JSON, as targets for suggestions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from consult.analytics.types import FrameTarget


class FrameError(ValueError):
    """The file is no frame; the message says why in one sentence."""


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(str(part) for part in value or () if str(part).strip())


def _target(entry: Any, axis: Mapping[str, Any]) -> FrameTarget:
    if not isinstance(entry, dict) or not entry.get("title"):
        raise FrameError("A strategy of the frame has no title.")
    return FrameTarget(
        code=str(entry.get("code") or entry["title"]),
        title=str(entry["title"]),
        axis_code=str(axis.get("code") or axis.get("number") or ""),
        axis_title=str(axis.get("title") or ""),
        axis_objective=str(axis.get("objective") or ""),
        description=str(entry.get("description") or ""),
        keywords=_texts(entry.get("keywords")),
        examples=_texts(entry.get("examples")) if not isinstance(entry.get("examples"), str) else (entry["examples"],),
    )


def targets_from(data: Any, descriptions: Mapping[str, Any] | None = None) -> tuple[FrameTarget, ...]:
    """Targets from parsed JSON: {"axes": [{"title", "objective", "strategies": [...]}]}, or a plain list of strategies.

    Each strategy has `code` and `title` and may have `description`, `keywords`, `examples`. `descriptions` (by code, each
    with the `title` it was written for) fill in for strategies of the same code and title that have none of their own.
    """
    if isinstance(data, dict) and isinstance(data.get("axes"), list):
        pairs = [(entry, axis) for axis in data["axes"] for entry in axis.get("strategies") or ()]
    elif isinstance(data, dict):
        listed: list[Any] = next(
            (data[name] for name in ("strategies", "targets", "themes") if isinstance(data.get(name), list)), []
        )
        pairs = [(entry, {}) for entry in listed]
    else:
        pairs = [(entry, {}) for entry in data] if isinstance(data, list) else []
    targets = [_target({"title": entry} if isinstance(entry, str) else entry, axis) for entry, axis in pairs]
    if not targets:
        raise FrameError("The frame holds no strategies: expected “axes” with “strategies”, or a list of strategies.")
    codes = [target.code for target in targets]
    if len(set(codes)) < len(codes):
        raise FrameError("Two strategies of the frame have the same code.")
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
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        more = json.loads(descriptions.read_text(encoding="utf-8")) if descriptions else None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FrameError(f"{path.name} is not JSON ({error}).") from error
    return targets_from(data, more)

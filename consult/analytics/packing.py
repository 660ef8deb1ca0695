"""What one stage of a run leaves for the next, as bytes: arrays and plain values, never code."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from consult.analytics.finding import Found, FoundTheme
from consult.analytics.learning import Learned
from consult.analytics.linking import Part
from consult.analytics.space import Centre, Evening
from consult.analytics.survey import Survey
from consult.analytics.themes import Basis
from consult.analytics.types import DuplicateGroup


def _write(values: Mapping[str, Any], **arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    kept: dict[str, Any] = {
        "told": np.frombuffer(json.dumps(values, ensure_ascii=False).encode(), dtype=np.uint8),
        **arrays,
    }
    np.savez(out, **kept)
    return out.getvalue()


def _read(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    return json.loads(arrays.pop("told").tobytes()), arrays


def pack_survey(survey: Survey) -> bytes:
    """A survey as bytes."""
    learned = survey.learned
    return _write(
        {
            "duplicates": [[group.key, group.source_ids, group.exact] for group in survey.duplicates],
            "arguments": dict(survey.arguments),
            "languages": survey.centre.languages,
            "vocabulary": survey.basis.vocabulary,
            "applied": learned.applied,
            "whole": learned.whole,
            "usable": survey.usable,
            "distinct": survey.distinct,
        },
        centre=survey.centre.rows,
        mean=survey.evening.mean,
        along=survey.evening.along,
        idf=survey.basis.idf,
        right=survey.basis.right,
        sample=survey.sample,
        latent=survey.latent,
        prototypes=learned.prototypes,
        among=learned.among,
        likely=np.asarray(learned.likely),
    )


def unpack_survey(data: bytes) -> Survey:
    """A survey from its bytes."""
    told, arrays = _read(data)
    return Survey(
        duplicates=tuple(DuplicateGroup(key, tuple(ids), exact) for key, ids, exact in told["duplicates"]),
        arguments=told["arguments"],
        centre=Centre(tuple(told["languages"]), arrays["centre"]),
        evening=Evening(arrays["mean"], arrays["along"]),
        basis=Basis(told["vocabulary"], arrays["idf"], arrays["right"]),
        sample=arrays["sample"],
        latent=arrays["latent"],
        learned=Learned(arrays["prototypes"], told["applied"], arrays["among"], tuple(arrays["likely"]), told["whole"]),
        usable=told["usable"],
        distinct=told["distinct"],
    )


def pack_part(part: Part) -> bytes:
    """What the search for themes needs of a part; its links are stored by themselves."""
    return _write({"away": part.away}, homes=part.homes, latent=part.latent)


def unpack_part(data: bytes) -> Part:
    """A part from its bytes, without its links."""
    told, arrays = _read(data)
    return Part((), arrays["homes"], tuple((a, b, c) for a, b, c in told["away"]), arrays["latent"])


def pack_found(found: Found) -> bytes:
    """Themes before they are told, as bytes."""
    themes = [[t.key, t.strategy_code, t.label, t.keywords, t.accepted, t.said] for t in found.themes]
    return _write({"themes": themes}, centres=found.centres)


def unpack_found(data: bytes) -> Found:
    """Themes from their bytes."""
    told, arrays = _read(data)
    return Found(
        tuple(
            FoundTheme(key, code, label, tuple(keywords), accepted, tuple((name, tuple(own)) for name, own in said))
            for key, code, label, keywords, accepted, said in told["themes"]
        ),
        arrays["centres"],
    )

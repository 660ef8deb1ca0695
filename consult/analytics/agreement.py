"""How far two coders agree: Cohen's kappa and Krippendorff's alpha for each code, and over all decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import krippendorff
import numpy as np


@dataclass(frozen=True, slots=True)
class CodeAgreement:
    """Agreement on one code over all units; None where it is not defined, because neither coder ever varied."""

    code: str
    both: int
    only_first: int
    only_second: int
    neither: int
    kappa: float | None
    alpha: float | None


def agreement(units: Sequence[tuple[frozenset[str], frozenset[str]]], codes: Sequence[str]) -> list[CodeAgreement]:
    """One row per code in the order given, then one for all decisions together, under the empty code."""
    rows = []
    pooled: tuple[list[int], list[int]] = ([], [])
    for code in codes:
        first = [int(code in mine) for mine, _theirs in units]
        second = [int(code in theirs) for _mine, theirs in units]
        pooled[0].extend(first)
        pooled[1].extend(second)
        rows.append(_row(code, first, second))
    return [*rows, _row("", *pooled)]


def _row(code: str, first: Sequence[int], second: Sequence[int]) -> CodeAgreement:
    pairs = list(zip(first, second, strict=True))
    both, neither = pairs.count((1, 1)), pairs.count((0, 0))
    varied = 0 < sum(first) + sum(second) < 2 * len(pairs)
    kappa = alpha = None
    if varied:
        # Imported here: it brings 70 MB, which no web process needs before somebody looks at agreement.
        from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415  # See above.

        found = float(cohen_kappa_score(first, second, labels=[0, 1]))
        kappa = None if np.isnan(found) else found
        alpha = float(krippendorff.alpha(reliability_data=[list(first), list(second)], level_of_measurement="nominal"))
    return CodeAgreement(code, both, pairs.count((1, 0)), pairs.count((0, 1)), neither, kappa, alpha)

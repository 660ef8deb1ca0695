"""What an attacker works out by elimination: unknown counts, the sums that were told of them, and which of them follow."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np


def followed(unknowns: list[Any], equations: Iterable[tuple[dict[Any, int], int]]) -> dict[Any, int]:
    """Unknowns that the equations give exactly."""
    place = {name: i for i, name in enumerate(unknowns)}
    matrix = []
    for terms, value in equations:
        line = [Fraction(0)] * (len(unknowns) + 1)
        for name, factor in terms.items():
            line[place[name]] += factor
        line[-1] = Fraction(value)
        matrix.append(line)
    row = 0
    for column in range(len(unknowns)):
        pivot = next((i for i in range(row, len(matrix)) if matrix[i][column]), None)
        if pivot is None:
            continue
        matrix[row], matrix[pivot] = matrix[pivot], matrix[row]
        matrix[row] = [x / matrix[row][column] for x in matrix[row]]
        for i in range(len(matrix)):
            if i != row and matrix[i][column]:
                factor = matrix[i][column]
                matrix[i] = [x - factor * y for x, y in zip(matrix[i], matrix[row], strict=True)]
        row += 1
    found = {}
    for line in matrix:
        held = [i for i, x in enumerate(line[:-1]) if x]
        if len(held) == 1:
            found[unknowns[held[0]]] = int(line[-1])
    return found


def determined(unknowns: list[Any], equations: Iterable[tuple[dict[Any, int], int]], wanted: dict[Any, dict[Any, int]]) -> set[Any]:
    """Which of the wanted sums of unknowns the equations give exactly: those in the space of their lines, modulo a large prime."""
    prime = 2_147_483_629
    place = {name: i for i, name in enumerate(unknowns)}

    def line(terms: dict[Any, int]) -> Any:
        found = np.zeros(len(unknowns), dtype=np.int64)
        for name, factor in terms.items():
            found[place[name]] += factor
        return found % prime

    basis: list[tuple[int, Any]] = []

    def left(vector: Any) -> Any:
        for pivot, row in basis:
            if vector[pivot]:
                vector = (vector - vector[pivot] * row) % prime
        return vector

    for terms, _value in equations:
        rest = left(line(terms))
        nonzero = np.flatnonzero(rest)
        if len(nonzero):
            pivot = int(nonzero[0])
            basis.append((pivot, rest * pow(int(rest[pivot]), -1, prime) % prime))
    return {name for name, terms in wanted.items() if not left(line(terms)).any()}

"""Numbers that themes are found by: strongest directions as scikit-learn finds them, to the last digit, and the nearest of many rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from consult.analytics.space import largest
from consult.analytics.themes import strongest


@pytest.mark.parametrize("shape", [(90, 140), (140, 90)])
def test_directions_are_those_of_the_usual_library(shape: tuple[int, int]) -> None:
    matrix = sparse.random_array(shape, density=0.1, format="csr", rng=np.random.default_rng(3))
    theirs = randomized_svd(matrix, 12, random_state=7, n_iter=4)
    ours = strongest(matrix, 12, 7)
    assert [part.shape for part in ours] == [part.shape for part in theirs]
    for own, other in zip(ours, theirs, strict=True):
        assert np.array_equal(own, other)
    assert not np.array_equal(strongest(matrix, 12, 8)[0], theirs[0])


@pytest.mark.parametrize(("width", "count"), [(3000, 15), (40, 15), (16, 15), (15, 15), (7, 1)])
def test_the_largest_of_a_row_are_found_in_order(width: int, count: int) -> None:
    dice = np.random.default_rng(5)
    block = np.round(dice.standard_normal((60, width)), 1).astype(np.float32)  # Many are equal: the earlier place comes first.
    block[:3] = -2
    places, values = largest(block, count)
    wanted = np.argsort(-block, axis=1, kind="stable")[:, :count]
    assert np.array_equal(places, wanted)
    assert np.array_equal(values, np.take_along_axis(block, wanted, axis=1))

"""The strongest directions of a sparse matrix are those that scikit-learn finds, to the last digit; the nearest rows those of a plain search."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from consult.analytics.embedding import unit_rows
from consult.analytics.space import nearest
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


@pytest.mark.parametrize(("among", "without_self"), [(997, False), (1003, True), (40, True)])
def test_the_nearest_are_those_of_a_plain_search(among: int, without_self: bool) -> None:
    rows = unit_rows(np.random.default_rng(5).standard_normal((1100, 24)).astype(np.float32))
    places, cosines = nearest(rows, rows[:among], 15, without_self=False)
    if without_self:
        places, cosines = nearest(rows[:among], rows[:among], 15, without_self=True)
    near = rows[: len(places)] @ rows[:among].T
    if without_self:
        near[np.arange(among), np.arange(among)] = -2
    plain = np.argsort(-near, axis=1, kind="stable")[:, :15]
    assert np.array_equal(places, plain)
    assert np.allclose(cosines, np.take_along_axis(near, plain, axis=1), atol=1e-6)

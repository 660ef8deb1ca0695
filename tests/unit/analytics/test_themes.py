"""The strongest directions of a sparse matrix are those that scikit-learn finds, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

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

"""Finding themes: neighbours smooth the vectors, Ward's tree is cut where the neighbour graph falls into communities.

Smoothing does what UMAP does for topic models (pulls a text towards what is said around it) with a few matrix products
and no randomness. The number of themes is the largest whose modularity (Newman 2004) on the neighbour graph stays near
the best. Inputs must be sorted by content hash; then the result does not depend on the order of the sources.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.cluster.hierarchy import fcluster, linkage

from consult.analytics.embedding import Vectors, unit_rows
from consult.analytics.lexical import count_matrix, term_matrix, weigh
from consult.analytics.space import nearest
from consult.analytics.types import Parameters

Labels = NDArray[np.intp]

NEAR_BEST = 0.99  # share of the best modularity a finer cut must keep
LARGEST_NUMBER = 60
PER_ROOT = (
    0.8  # and no more themes than this times the root of the texts: a reader of 100 texts wants eight, not twenty
)
MOST_PASSES = 20
LATENT = 100
BESIDE_LATENT = 10  # directions drawn at random beside those wanted
POWER_STEPS = 4
AT_ONCE = 10_000  # texts whose words are weighed in one go


@dataclass(frozen=True, slots=True)
class Basis:
    """Directions of latent semantic rows (TF-IDF, truncated SVD); none for tiny inputs."""

    vocabulary: dict[str, int]
    idf: NDArray[np.float64]
    right: NDArray[np.float64]

    def rows(self, keys: Sequence[Sequence[str]]) -> Vectors:
        """Latent rows of texts, of length 1."""
        found = np.zeros((len(keys), len(self.right)), dtype=np.float32)
        for start in range(0, len(keys) if len(self.right) else 0, AT_ONCE):
            part = weigh(count_matrix(keys[start : start + AT_ONCE], self.vocabulary), self.idf)
            found[start : start + AT_ONCE] = part @ self.right.T
        return unit_rows(found)


def basis_of(keys: Sequence[Sequence[str]], seed: int) -> tuple[Basis, Vectors]:
    """The directions in which the words of some texts vary most, and the rows of these texts.

    Theirs come from the decomposition itself: on the municipal news that is worth two points over reading them like any other text.
    """
    terms = term_matrix(keys)
    size = min(LATENT if len(keys) > 450 else LATENT // 2, min(terms.matrix.shape) - 1)
    if size < 2:
        return Basis({}, np.zeros(0), np.zeros((0, 0))), np.zeros((len(keys), 0), dtype=np.float32)
    left, values, right = strongest(terms.matrix, size, seed)
    return Basis(terms.vocabulary, terms.idf, right), unit_rows((left * values).astype(np.float32))


def strongest(matrix: sparse.csr_matrix, size: int, seed: int) -> tuple[NDArray[np.float64], ...]:
    """The `size` strongest directions of a sparse matrix: left, strengths, right (Halko, Martinsson and Tropp 2011, with power steps).

    The numbers are those of scikit-learn's `randomized_svd`, which would take a worker forty megabytes to import.
    """
    lying = matrix.shape[0] < matrix.shape[1]  # The smaller side is the one that is worked on.
    upright = matrix.T if lying else matrix
    found = np.random.RandomState(seed).normal(size=(upright.shape[1], size + BESIDE_LATENT))
    for _ in range(POWER_STEPS):
        found, _ = linalg.lu(upright @ found, permute_l=True, check_finite=False)
        found, _ = linalg.lu(upright.T @ found, permute_l=True, check_finite=False)
    found, _ = linalg.qr(upright @ found, mode="economic", check_finite=False)
    left, strengths, right = linalg.svd(found.T @ upright, full_matrices=False, lapack_driver="gesdd")
    left = found @ left
    # Signs are free: the largest entry on the side of the texts is positive.
    told = right if lying else left.T
    signs = np.sign(told[np.arange(len(told)), np.abs(told).argmax(axis=1)])
    left, right = left * signs, right * signs[:, None]
    if lying:
        left, right = right.T, left.T
    return left[:, :size], strengths[:size], right[:size]


def neighbours_for(number: int, parameters: Parameters) -> int:
    """Fewer neighbours in small sets, where fifteen would already be everybody."""
    return parameters.neighbours if number >= 450 else max(4, min(parameters.neighbours, number // 25))


def smoothed(rows: Vectors, places: NDArray[np.intp], parameters: Parameters) -> Vectors:
    """Each row pulled several times towards its nearest neighbours and those it is a neighbour of (both: twice)."""
    number, count = places.shape
    ends = (np.repeat(np.arange(number), count), places.ravel())
    towards = sparse.csr_matrix((np.ones(number * count, dtype=np.float32), ends), shape=(number, number))
    both = sparse.csr_matrix(towards + towards.T)
    current = rows
    for _ in range(parameters.smoothing_steps):
        around = unit_rows(np.asarray(both @ current, dtype=np.float32))
        current = unit_rows((1 - parameters.smoothing) * current + parameters.smoothing * around)
    return current


def modularity(graph: sparse.csr_matrix, labels: Labels) -> float:
    """Newman's modularity of a partition of a weighted symmetric graph."""
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    total = degrees.sum()
    if total == 0:
        return 0.0
    members = sparse.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)))
    inside = (members.T @ graph @ members).diagonal().sum()
    return float(inside / total - ((members.T @ degrees / total) ** 2).sum())


def _graph(places: NDArray[np.intp], cosines: Vectors) -> sparse.csr_matrix:
    number, count = places.shape
    edges = (np.maximum(cosines, 0).ravel().astype(np.float64), (np.repeat(np.arange(number), count), places.ravel()))
    graph = sparse.csr_matrix(edges, shape=(number, number))
    return sparse.csr_matrix(graph + graph.T)


def _canonical(labels: NDArray[np.int_]) -> Labels:
    """Numbers by first appearance, from 0."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.intp)


def discover(rows: Vectors, wished: int | None, most: int, parameters: Parameters) -> Labels:
    """A theme number per row; `wished` fixes how many themes, otherwise at most `most` are found."""
    number = len(rows)
    if number < 4 or most < 2:
        return np.zeros(number, dtype=np.intp)
    places, cosines = nearest(rows, rows, neighbours_for(number, parameters), without_self=True)
    soft = smoothed(rows, places, parameters)
    tree = linkage(distances(soft), "ward")
    if wished is not None:
        labels = _canonical(fcluster(tree, max(1, min(wished, number)), "maxclust"))
    else:
        graph = _graph(places, cosines)
        limit = min(most, LARGEST_NUMBER, max(4, round(PER_ROOT * math.sqrt(number))))
        steps = [count for count in range(2, limit + 1) if count <= 30 or count % 3 == 0]
        cuts = [_canonical(fcluster(tree, count, "maxclust")) for count in steps]
        quality = np.asarray([modularity(graph, cut) for cut in cuts])
        good = (
            np.flatnonzero(quality >= NEAR_BEST * quality.max()) if quality.max() > 0.05 else np.asarray([], dtype=int)
        )
        labels = cuts[int(good[-1])] if len(good) else np.zeros(number, dtype=np.intp)
    # Passes to the nearest centre put right what a greedy tree joined too early.
    for _ in range(MOST_PASSES):
        before, labels = labels, _canonical((soft @ centroids(soft, labels).T).argmax(axis=1))
        if np.array_equal(before, labels):
            break
    return labels


def distances(rows: Vectors) -> NDArray[np.float64]:
    """Euclidean distances of all pairs of rows, condensed as `linkage` takes them; by products of blocks, which are many times faster."""
    number = len(rows)
    squares = (rows.astype(np.float64) ** 2).sum(axis=1)
    found = np.empty(number * (number - 1) // 2, dtype=np.float64)
    place = 0
    for start in range(0, number, 512):
        products = rows[start : start + 512] @ rows.T
        for line in range(len(products)):
            own = start + line
            part = found[place : place + number - own - 1]
            np.multiply(products[line, own + 1 :], -2.0, out=part)
            part += squares[own + 1 :] + squares[own]
            place += len(part)
    return np.asarray(np.sqrt(np.maximum(found, 0, out=found), out=found))


def centroids(rows: Vectors, labels: Labels) -> Vectors:
    """Mean rows per label 0..n, of length 1."""
    number = int(labels.max()) + 1 if len(labels) else 0
    members = sparse.csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(number, len(labels)))
    return unit_rows(np.asarray(members @ rows, dtype=np.float32))


def absorb_small(rows: Vectors, labels: Labels, weights: NDArray[np.int_], smallest: int) -> Labels:
    """Groups with less weight than `smallest` join the nearest larger one, smallest first; the last one always stays."""
    labels = labels.copy()
    while True:
        present, inverse = np.unique(labels, return_inverse=True)
        sizes = np.bincount(inverse, weights=weights)
        small = np.flatnonzero(sizes < smallest)
        if len(present) < 2 or not len(small):
            return _canonical(labels)
        which = int(small[np.lexsort((small, sizes[small]))[0]])
        centres = centroids(rows, np.asarray(inverse, dtype=np.intp))
        near = centres @ centres[which]
        near[which] = -2
        labels[labels == present[which]] = present[int(near.argmax())]

"""Work shared out among the cores of one process.

Matrix products, sorting and the language model let other threads work meanwhile, and all threads look at the same texts and vectors: two
cores cost no second copy of a hundred thousand sources, as a second process would.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

#: More threads than this wait for the interpreter more than they work.
MOST = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many threads are worth having here."""
    return min(MOST, len(os.sched_getaffinity(0)))


def shared_out(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What `function` makes of each item, in order. It must depend on its item alone; the first error ends all."""
    listed = list(items)
    if len(listed) < 2 or cores() < 2:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(cores(), thread_name_prefix="shared-out") as pool:
        try:
            return list(pool.map(function, listed))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def give_back() -> None:
    """Return memory that is no longer used to the system, where its library can: between two steps of a merge that is most of it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)

"""Keys of words."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor

from consult.analytics import lexical

SYLLABLES = ("tra", "sco", "men", "ta", "zio", "ni", "re", "li", "va", "bus", "per", "cor", "ne", "ssi", "gli", "amo")


def test_threads_find_the_same_keys() -> None:
    """A stemmer keeps its word in itself; without its lock this ends in an IndexError or in keys of other words."""
    draw = random.Random(4)  # Words, not secrets.
    words = ["".join(draw.choices(SYLLABLES, k=5)) for _ in range(4_000)]

    def keys(part: list[str]) -> list[str]:
        return [lexical.key_of(word, "it") for word in part]

    lexical.key_of.cache_clear()
    alone = [keys(words[at::4]) for at in range(4)]
    lexical.key_of.cache_clear()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(keys, [words[at::4] for at in range(4)]))
    finally:
        sys.setswitchinterval(before)
    assert together == alone


def test_words_are_found_where_they_stand() -> None:
    text = "L'arrivo di un_arrivo: auto-bus, bus e arrivi-arrivo 12bus bus12; l’arrivo, (arrivo)"
    found = lexical.content_words(text, "it")
    wanted = [match for match in lexical.WORD.finditer(text) if lexical.key_of(match.group(), "it")]
    last = len(wanted) - 1
    # In whatever order somebody asks, also of one that was not asked before.
    assert [found.place(number) for number in (2, last, 0)] == [wanted[number].span() for number in (2, last, 0)]
    assert [found.place(number) for number in range(len(wanted))] == [m.span() for m in wanted]
    for position in range(len(text) + 1):
        told = sum(m.start() < position for m in wanted)
        assert found.before(position) == lexical.content_words(text, "it").before(position) == told
    assert found.keys == lexical.content_keys(text, "it") == [lexical.key_of(m.group(), "it") for m in wanted]
    assert len(found.keys) > 6

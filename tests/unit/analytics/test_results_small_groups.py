"""That no small group follows from all the results, filters and tables that are shown together, by exact elimination."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

import pytest

from consult.analytics.asked import NO_ANSWER, Asked, Given
from consult.analytics.counted import groups_shown, pairs_shown
from consult.analytics.crossing import crossed, crossed_groups, crossed_with_groups
from consult.analytics.results import of_groups, of_said, result
from tests.factories.elimination import determined, followed

CODES = ("a", "b", "c")


def people(chance: random.Random, kind: str, groups: int) -> list[Given]:
    """Some hundred answers, uneven on purpose."""
    given: Counter[tuple[Any, str]] = Counter()
    weights = [chance.choice((1, 3, 9, 27)) for _ in CODES] + [chance.choice((0, 1, 4))]
    sizes = [chance.choice((1, 2, 6, 20)) for _ in range(groups)]
    for _ in range(chance.randint(12, 160)):
        group = chance.choices([f"z{i}" for i in range(groups)], sizes)[0]
        value: Any = chance.choices([*CODES, None], weights)[0]
        if kind == "multiple" and value is not None:
            value = tuple(sorted({value, *(code for code in CODES if chance.random() < 0.2)}))
        given[value, group] += 1
    return [Given(list(v) if isinstance(v, tuple) else v, group, n) for (v, group), n in given.items()]


def truth(given: list[Given]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for each in given:
        for code in each.value if isinstance(each.value, list) else [each.value or NO_ANSWER]:
            counts[code, each.group] += each.people
    return counts


@pytest.mark.parametrize("kind", ["single", "multiple"])
def test_no_small_group_follows_from_the_whole_and_all_groups(kind: str) -> None:
    chance = random.Random(f"results {kind}")
    looked_at = hidden_ones = 0
    for _ in range(80):
        given = people(chance, kind, chance.randint(2, 5))
        asked = Asked(kind, CODES)
        names = sorted({each.group for each in given})
        counts, sizes = truth(given), Counter[str]()
        for each in given:
            sizes[each.group] += each.people
        codes = [*CODES, NO_ANSWER]
        unknowns = [(code, group) for code in codes for group in names] + [("size", group) for group in names]
        total = sum(sizes.values())
        equations: list[tuple[dict[Any, int], int]] = [({("size", g): 1 for g in names}, total)]
        if kind == "single":
            equations += [({("size", g): 1, **{(c, g): -1 for c in codes}}, 0) for g in names]
        whole = result(asked, given)
        if whole.answered is not None:
            equations.append(({(NO_ANSWER, g): 1 for g in names}, total - whole.answered))
            equations += [
                ({(row.code, g): 1 for g in names}, row.count) for row in whole.lines if row.count is not None
            ]
        for group, size in groups_shown(sizes).items():
            if size is None:
                continue
            equations.append(({("size", group): 1}, size))
            view = result(asked, given, group=group)
            if view.answered is not None:
                equations.append(({(NO_ANSWER, group): 1}, size - view.answered))
            equations += [({(row.code, group): 1}, row.count) for row in view.lines if row.count is not None]
        for (code, group), number in followed(unknowns, equations).items():
            looked_at += 1
            assert not 0 < number < 5 or code == NO_ANSWER, (given, code, group, number)
        hidden_ones += sum(0 < n < 5 for n in counts.values())
    assert looked_at > 100, "nothing at all is shown: the test tests nothing"
    assert hidden_ones > 100


def both_ways(chance: random.Random, kind: str) -> list[Given]:
    """Answers by zone and kind of speaker, of very uneven groups."""
    zones, kinds = [f"z{i}" for i in range(chance.randint(2, 4))], [f"k{i}" for i in range(chance.randint(2, 4))]
    of_zone, of_kind = [chance.choice((2, 5, 20)) for _ in zones], [chance.choice((2, 5, 20)) for _ in kinds]
    weights = [chance.choice((1, 5, 20, 40)) for _ in CODES] + [chance.choice((0, 1, 6))]
    given: Counter[tuple[Any, tuple[str, str]]] = Counter()
    for _ in range(chance.choice((60, 300, 900))):
        pair = chance.choices(zones, of_zone)[0], chance.choices(kinds, of_kind)[0]
        value: Any = chance.choices([*CODES, None], weights)[0]
        if kind == "multiple" and value is not None:
            value = tuple(sorted({value, *(code for code in CODES if chance.random() < 0.3)}))
        given[value, pair] += 1
    return [Given(list(v) if isinstance(v, tuple) else v, pair, n) for (v, pair), n in given.items()]


def side(given: list[Given], which: int) -> list[Given]:
    """The same answers by zone or by kind alone."""
    return [Given(each.value, each.group[which], each.people) for each in given]


@pytest.mark.parametrize("kind", ["single", "multiple"])
def test_no_small_group_follows_from_both_filters_together(kind: str) -> None:
    """All that can be looked at, together: everybody, each zone, each kind, each zone and kind; then exact elimination."""
    chance = random.Random(f"pairs {kind}")
    looked_at = small_ones = pairs_seen = 0
    for _ in range(14):
        given, asked = both_ways(chance, kind), Asked(kind, CODES)
        pairs = sorted({each.group for each in given})
        zones, kinds = sorted({p[0] for p in pairs}), sorted({p[1] for p in pairs})
        everywhere = [(z, k) for z in zones for k in kinds]
        codes = [*CODES, NO_ANSWER]
        sizes: Counter[Any] = Counter()
        for each in given:
            sizes[each.group] += each.people
        unknowns = [(code, pair) for code in [*codes, "size"] for pair in everywhere]
        equations: list[tuple[dict[Any, int], int]] = [({("size", p): 1 for p in everywhere}, sum(sizes.values()))]
        # What each zone and kind gave in all is looked for too: both filters may not undo what one of them hides.
        lines = [(z, [p for p in everywhere if p[0] == z]) for z in zones] + [
            (k, [p for p in everywhere if p[1] == k]) for k in kinds
        ]
        unknowns += [(code, name) for code in CODES for name, _members in lines]
        equations += [({(c, n): 1, **{(c, p): -1 for p in members}}, 0) for c in CODES for n, members in lines]
        if kind == "single":
            equations += [({("size", p): 1, **{(c, p): -1 for c in codes}}, 0) for p in everywhere]

        def learn(members: list[Any], size: int | None, view: Any, equations: Any = equations) -> None:
            if size is not None:
                equations.append(({("size", p): 1 for p in members}, size))
            if view.answered is not None and size is not None:
                equations.append(({(NO_ANSWER, p): 1 for p in members}, size - view.answered))
            shown = [row for row in view.lines if row.count is not None]
            equations.extend(({(row.code, p): 1 for p in members}, row.count) for row in shown)

        learn(everywhere, sum(sizes.values()), result(asked, side(given, 0)))
        for which in (0, 1):
            alone: Counter[str] = Counter()
            for pair, n in sizes.items():
                alone[pair[which]] += n
            for name, size in groups_shown(alone).items():
                if size is not None:
                    members = [p for p in everywhere if p[which] == name]
                    learn(members, size, result(asked, side(given, which), group=name))
        for pair, size in pairs_shown(sizes).items():
            view = result(asked, given, group=pair)
            assert size is not None or view.few
            if size is not None:
                pairs_seen += 1
                learn([pair], size, view)
        counts = truth(given)
        small_ones += sum(0 < n < 5 for n in counts.values())
        for code, where in determined(unknowns, equations, {name: {name: 1} for name in unknowns}):
            looked_at += 1
            members = [where] if isinstance(where, tuple) else [pair for pair in everywhere if where in pair]
            number = sum(sizes[pair] if code == "size" else counts[code, pair] for pair in members)
            # A zone whose people are all of one kind is that pair: what is shown of the zone alone is shown of it.
            assert not 0 < number < 5 or code == NO_ANSWER, (given, code, where, number)
    assert pairs_seen > 15, "no pair is ever shown: the test tests nothing"
    assert looked_at > 100
    assert small_ones > 100


def test_who_left_out_what_the_invitation_tells_does_not_follow() -> None:
    """The sizes of all groups, the whole and each group alone, together: then exact elimination. Groups are known of the silent too."""
    chance = random.Random(41)
    told = 0
    for _ in range(400):
        zones = [f"z{i}" for i in range(chance.randint(2, 6))]
        said = {zone: chance.choice((0, 1, 3, 6, 12, 40)) for zone in zones}
        silent = {zone: chance.choice((0, 0, 1, 2, 5, 20)) for zone in [*zones, ""]}
        sizes = {zone: said.get(zone, 0) + silent[zone] for zone in silent if said.get(zone, 0) + silent[zone]}
        codes = {f"z:{zone}": zone for zone in zones}
        whole = of_said(codes, sizes, said)
        if whole.few:
            assert sum(said.values()) < 5
            continue
        assert whole.answered == sum(said.values())
        unknowns = [(zone, part) for zone in zones for part in ("said", "silent")]
        equations = [({(zone, "said"): 1 for zone in zones}, sum(said.values()))]
        equations.append(({(zone, "silent"): 1 for zone in zones}, sum(silent[zone] for zone in zones)))
        for zone, number in groups_shown(sizes).items():
            if zone and number is not None:
                equations.append(({(zone, "said"): 1, (zone, "silent"): 1}, number))
        for view, among in ((whole, zones), *((of_said(codes, sizes, said, group=zone), [zone]) for zone in zones)):
            for line in view.lines:
                if line.count is not None and codes[line.code] in among and codes[line.code] in sizes:
                    assert line.count == said[codes[line.code]]
                    equations.append(({(codes[line.code], "said"): 1}, line.count))
                    told += 1
        for (zone, part), number in followed(unknowns, equations).items():
            if zone in sizes:
                assert not 0 < number < 5, (zone, part, said, silent)
    assert told > 300, "what is safe is told"


def test_crossings_hide_what_their_sums_would_tell() -> None:
    chance = random.Random(20261127)
    shown = 0
    for _ in range(80):
        pairs = Counter(
            (chance.choices([*CODES, None], (9, 3, 2, 1))[0], chance.choices(["x", "y", None], (6, 3, 1))[0])
            for _ in range(chance.randint(10, 150))
        )
        table = crossed(Asked("single", CODES), Asked("yes_no", ("x", "y")), [(a, b, n) for (a, b), n in pairs.items()])
        assert table is not None
        unknowns = [(r, c) for r in table.rows for c in table.columns]
        equations: list[tuple[dict[Any, int], int]] = [
            ({cell: 1}, n) for cell, n in table.cells.items() if n is not None
        ]
        equations += [({(r, c): 1 for c in table.columns}, n) for r, n in table.row_sums.items() if n is not None]
        equations += [({(r, c): 1 for r in table.rows}, n) for c, n in table.column_sums.items() if n is not None]
        equations.append((dict.fromkeys(unknowns, 1), sum(pairs.values())))
        for cell, number in followed(unknowns, equations).items():
            shown += table.cells[cell] is not None
            assert not 0 < number < 5 or NO_ANSWER in cell, (pairs, cell, number)
    assert shown > 100


def test_no_small_group_follows_from_filters_and_crossings_together() -> None:
    """Each question alone, by zone, by kind, by both; each two crossed, either way, the zone's and the kind's own questions too."""
    chance = random.Random("everything")
    codes = ("a", "b", "c", "d")
    told = small_ones = 0
    for _ in range(5):
        zones, kinds = [f"z{i}" for i in range(3)], ["k0", "k1"]
        weights = [[chance.choice((1, 2, 8, 30)) for _ in codes] for _question in range(2)]
        of_zone, of_kind = [chance.choice((1, 3, 9)) for _ in [*zones, ""]], [chance.choice((1, 4)) for _ in [*kinds, ""]]
        answers: Counter[tuple[str, str, str, str]] = Counter()
        for _person in range(chance.choice((40, 120, 400))):
            given = [chance.choices([*codes, NO_ANSWER], [*each, 1])[0] for each in weights]
            answers[given[0], given[1], chance.choices([*zones, ""], of_zone)[0], chance.choices([*kinds, ""], of_kind)[0]] += 1
        unknowns = list(product([*codes, NO_ANSWER], [*codes, NO_ANSWER], [*zones, ""], [*kinds, ""]))
        equations: list[tuple[dict[Any, int], int]] = []

        def cells(*, unknowns: list[Any] = unknowns, **fixed: str) -> dict[Any, int]:
            at = {"first": 0, "second": 1, "zone": 2, "kind": 3}
            return {cell: 1 for cell in unknowns if all(cell[at[name]] == value for name, value in fixed.items())}

        def learn(number: int | None, *, equations: Any = equations, cells: Any = cells, **fixed: str) -> None:
            if number is not None:
                equations.append((cells(**fixed), number))

        sizes = Counter[tuple[str, str]]()
        for (_a, _b, zone, kind), n in answers.items():
            sizes[zone, kind] += n
        by_zone, by_kind = Counter[str](), Counter[str]()
        for (zone, kind), n in sizes.items():
            by_zone[zone] += n
            by_kind[kind] += n
        learn(sum(sizes.values()))
        groups: list[tuple[dict[str, str], int | None, Any, int | None]] = [
            *(({"zone": name}, n, name, 2) for name, n in groups_shown(by_zone).items()),
            *(({"kind": name}, n, name, 3) for name, n in groups_shown(by_kind).items()),
            *(({"zone": pair[0], "kind": pair[1]}, n, pair, None) for pair, n in pairs_shown(sizes).items()),
        ]
        asked = Asked("single", codes)
        own = {"zone": {f"z:{z}": z for z in zones}, "kind": {k: k for k in kinds}}
        for fixed, size, group, which in [({}, sum(sizes.values()), None, None), *groups]:
            learn(size, **fixed)
            if "" in fixed.values():
                continue  # Those who did not say theirs can't be asked for.
            for place, question in enumerate(("first", "second")):
                of: Counter[tuple[Any, Any]] = Counter()
                for cell, n in answers.items():
                    of[cell[place], "" if group is None else cell[2:] if which is None else cell[which]] += n
                view = result(asked, [Given(None if v == NO_ANSWER else v, g, n) for (v, g), n in of.items()], group=group)
                for row in view.lines:
                    learn(row.count, **{question: row.code}, **fixed)
                if size is not None and view.answered is not None:
                    learn(size - view.answered, **{question: NO_ANSWER}, **fixed)
            by = "" if group is None else "both" if which is None else "zone" if which == 2 else "kind"
            for side, named in own.items():
                view = of_groups(named, sizes, kinds=side == "kind", by=by, group=group)
                for row in view.lines:
                    if row.count is not None and (side not in fixed or fixed[side] == named[row.code]):
                        learn(row.count, **{**fixed, side: named[row.code]})
        pairs: Counter[tuple[str, str]] = Counter()
        for (a, b, _zone, _kind), n in answers.items():
            pairs[a, b] += n
        said = {code: None if code == NO_ANSWER else code for code in [*codes, NO_ANSWER]}
        tables = [
            ("first", "second", crossed(asked, asked, [(said[a], said[b], n) for (a, b), n in pairs.items()]))
        ]
        for place, question in enumerate(("first", "second")):
            for which, side in ((2, "zone"), (3, "kind")):
                of = Counter()
                for cell, n in answers.items():
                    of[cell[place], cell[which]] += n
                rows = [Given(None if v == NO_ANSWER else v, g, n) for (v, g), n in of.items()]
                tables.append((question, side, crossed_with_groups(asked, rows, own[side])))
        tables.append(("zone", "kind", crossed_groups(own["zone"], own["kind"], sizes)))
        for one, other, table in tables:
            assert table is not None
            say = {name: own.get(name, {}) | ({NO_ANSWER: ""} if name in own else {}) for name in (one, other)}
            for (r, c), number in table.cells.items():
                learn(number, **{one: say[one].get(r, r), other: say[other].get(c, c)})
            for name, sums in ((one, table.row_sums), (other, table.column_sums)):
                for code, number in sums.items():
                    learn(number, **{name: say[name].get(code, code)})
        wanted: dict[Any, dict[Any, int]] = {}
        for question in ("first", "second"):
            for code in codes:
                wanted[question, code] = cells(**{question: code})
                for z in [*zones, ""]:
                    wanted[question, code, z] = cells(**{question: code}, zone=z)
                    for k in [*kinds, ""]:
                        wanted[question, code, z, k] = cells(**{question: code}, zone=z, kind=k)
                for k in [*kinds, ""]:
                    wanted[question, code, k, "kind"] = cells(**{question: code}, kind=k)
        for a in codes:
            for b in codes:
                wanted["both", a, b] = cells(first=a, second=b)
        wanted |= {("size", z, k): cells(zone=z, kind=k) for z in zones for k in kinds}
        wanted |= {("size", z): cells(zone=z) for z in zones} | {("size", k): cells(kind=k) for k in kinds}
        for name in determined(unknowns, equations, wanted):
            told += 1
            number = sum(answers[cell] for cell in wanted[name])
            assert not 0 < number < 5, (name, number, answers)
        small_ones += sum(0 < sum(answers[cell] for cell in terms) < 5 for terms in wanted.values())
    assert told > 60, "nothing at all is shown: the test tests nothing"
    assert small_ones > 60


def test_places_of_a_ranking_stay_hidden_beside_its_points() -> None:
    """Points are one more sum over the places of an option; the people at each place are known, and so are first choices."""
    chance = random.Random(41)
    seen = 0
    for _ in range(60):
        options = [f"o{i}" for i in range(chance.randint(3, 5))]
        weight = {option: chance.choice((1, 3, 12)) for option in options}
        ballots = []
        for _ballot in range(chance.randint(10, 120)):
            draws = {option: chance.random() ** (1 / weight[option]) for option in options}
            ballots.append(sorted(options, key=draws.__getitem__, reverse=True))
        given = [Given(ballot, "", 1) for ballot in ballots]
        found = result(Asked("ranking", options), given)
        assert found.order is not None
        heads = [choice.code for choice in found.grid[0][1]]
        unknowns = [(o, p) for o in options for p in range(len(options))]
        equations: list[tuple[dict[Any, int], int]] = [
            ({(o, p): 1 for p in range(len(options))}, len(ballots)) for o in options
        ]
        equations += [({(o, p): 1 for o in options}, len(ballots)) for p in range(len(options))]
        for row in found.order.places:
            if row.points is None:
                assert dict(found.grid)[row.code][0].count is None, "points go where places are hidden"
                continue
            equations.append(({(row.code, p): len(options) - 1 - p for p in range(len(options))}, int(row.points)))
            if row.first is not None:
                equations.append(({(row.code, 0): 1}, row.first))
        for option, choices_ in found.grid:
            for choice in choices_:
                if choice.count is not None and choice.code in {"1", "2", "3"}:
                    equations.append(({(option, int(choice.code) - 1): 1}, choice.count))
                    seen += 1
        for (option, p), number in followed(unknowns, equations).items():
            told = dict(found.grid)[option][0].count is not None
            assert told or not 0 < number < 5, (ballots, option, p)
        assert heads[-1] == "unranked"
    assert seen > 60

"""Tables that were read once and are kept as plain rows."""

from __future__ import annotations

from consult.analytics.tabular import read_bytes
from consult.core.reading.kept import cells_at, is_kept, kept_rows, rows_in
from consult.listening.contributions.services.tables import table_again, to_keep

TABLE = 'testo,zona\n"due\nrighe",2\nsenza zona\nè \U0001f686,1\n'


def test_what_is_kept_comes_back_line_by_line() -> None:
    rows = [(1, ["a", "b"], ""), (5, ["\ud800", "x\ny"], ""), (9, ["solo"], "it has 1 field")]
    data = kept_rows(rows)
    assert is_kept(data)
    assert not is_kept(b"[1]")
    assert list(rows_in(data)) == rows
    assert list(rows_in(data, most=1)) == rows[:2]
    assert cells_at(data, {9, 5, 77}) == {5: ["\ud800", "x\ny"], 9: ["solo"]}


def test_a_table_is_equal_after_it_was_kept() -> None:
    table = read_bytes(TABLE.encode())
    again = table_again(to_keep(table))
    assert (again.columns, again.rows, again.bad) == (table.columns, table.rows, table.bad)
    assert [row.line for row in again.rows] == [2, 5]
    assert [bad.line for bad in again.bad] == [4]
    assert [row.line for row in table_again(to_keep(table), most=1).rows] == [2]

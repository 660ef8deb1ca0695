"""A workbook written row by row opens as any other, and holds no formula."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from consult.core.workbooks import LONGEST_CELL, BookWriter


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "libro.xlsx"
    with BookWriter(path, ["Risposte [tutte]", 'Codici & "altro"']) as book:
        book.head(0, ["A", "=SOMMA(A1)", "C <&>"], [10, 20, 30])
        book.head(1, [f"c{n}" for n in range(60)], [8] * 60)
        book.row(0, ["=1+1", 3.5, 'riga\x0b uno\nriga "due"'])
        book.row(0, [None, "", 7])
        book.row(0, ["x" * (LONGEST_CELL + 5), True, "@cmd"])
        book.row(1, list(range(60)))
    assert [each.name for each in tmp_path.iterdir()] == ["libro.xlsx"]
    kept = openpyxl.load_workbook(path)
    assert kept.sheetnames == ["Risposte  tutte ", 'Codici & "altro"']
    first, second = kept.worksheets
    rows = list(first.iter_rows(values_only=True))
    assert rows[0] == ("A", "'=SOMMA(A1)", "C <&>")
    assert rows[1] == ("'=1+1", 3.5, 'riga  uno\nriga "due"')
    assert rows[2] == (None, None, 7)
    assert len(str(rows[3][0])) == LONGEST_CELL
    assert rows[3][1:] == ("True", "'@cmd")
    assert not any(cell.data_type == "f" for sheet in kept.worksheets for row in sheet.iter_rows() for cell in row)
    assert first["A1"].font.b
    assert first.freeze_panes == "A2"
    assert [cell.value for cell in second[2]] == list(range(60))


def broken_off(path: Path) -> None:
    """A book whose rows fail in the middle."""
    with BookWriter(path, ["Uno"]) as book:
        book.head(0, ["A"], [10])
        book.row(0, [1 // 0])


def test_a_book_that_was_broken_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        broken_off(tmp_path / "mezzo.xlsx")
    assert list(tmp_path.iterdir()) == []

"""CSV files as spreadsheets write them: what is read, and in which words a row or a file is refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ReadError
from engine.intake.columns import ColumnMap, read_columns
from engine.intake.lines import LineError
from engine.intake.tables import Table


def table(text: str | bytes, map: str = "") -> Table:
    columns = read_columns(map.encode(), "map.yaml") if map else ColumnMap()
    return Table(io.BytesIO(text.encode() if isinstance(text, str) else text), columns)


def rows(text: str | bytes, map: str = "") -> list[tuple[int, object]]:
    return [(line, str(row) if isinstance(row, LineError) else dict(row)) for line, row in table(text, map)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_marks_and_line_ends_are_found_out(delimiter: str, mark: str, end: str) -> None:
    lines = [["id", "first name"], ["1", "Ada"], ["2", f"a{delimiter}b"]]
    text = mark + end.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines) + end
    assert rows(text) == [
        (2, {"id": "1", "first name": "Ada"}),
        (3, {"id": "2", "first name": f"a{delimiter}b"}),
    ]


def test_excel_may_name_the_delimiter() -> None:
    assert rows("sep=;\nid;a,b,c\n1;x\n") == [(3, {"id": "1", "a,b,c": "x"})]


def test_a_cell_may_hold_lines_and_the_next_row_knows_its_line() -> None:
    assert rows('id,note\n1,"two\nlines"\n2,one\n') == [
        (2, {"id": "1", "note": "two\nlines"}),
        (4, {"id": "2", "note": "one"}),
    ]


def test_empty_cells_were_not_said_and_empty_rows_are_passed_over() -> None:
    assert rows("id,a,b\n\n1,,x\n,,\n2\n") == [(3, {"id": "1", "b": "x"}), (5, {"id": "2"})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("id,email,id\n", "there are two columns `id`"),
        ('"id\n', "the first line cannot be read: a quote is opened and never closed"),
        ("id,email\n".encode("utf-16"), "the file is UTF-16"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(text: str | bytes, words: str) -> None:
    with pytest.raises(ReadError) as refused:
        table(text)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"1,a,b", "there are 3 cells under 2 columns"),
        (b'1,"a"b', "a quote stands in the middle of a cell"),
        ("1,Zürich".encode("latin-1"), "byte 4 is not UTF-8"),
        (b"1," + b"x" * 2_000_000, "more than 1,048,576 bytes in one line"),
    ],
)
def test_a_bad_row_never_stops_the_rest(row: bytes, words: str) -> None:
    found = rows(b"id,city\n" + row + b"\n2,Bern\n")
    assert found[0][0] == 2
    assert str(found[0][1]).startswith("line 2: ")
    assert words in str(found[0][1])
    assert found[1:] == [(3, {"id": "2", "city": "Bern"})]


def test_a_quote_that_is_never_closed_tells_how_much_it_swallowed() -> None:
    [(line, told)] = rows('id,city\n1,"Bern\n2,Basel\n3,Chur\n')
    assert line == 2
    assert told == (
        "line 2: a quote is opened and never closed; everything down to line 4 was taken for one cell"
    )


def test_a_value_under_no_name_is_refused_but_an_empty_column_is_not() -> None:
    assert rows("id,,\n1,,\n2,x,\n") == [
        (2, {"id": "1"}),
        (3, "line 3: column 2 has no name but holds a value"),
    ]


# --- their names and ours ------------------------------------------------------------------------


def test_a_map_renames_leaves_out_and_adds() -> None:
    map = "columns: { Kunde: id, Mail: email, Intern: null }\nconstants: { locale: de-CH, zip: 0800 }\n"
    assert rows("Kunde;Mail;Intern;city\n1;a@b.example;secret;Bern\n", map) == [
        (2, {"locale": "de-CH", "zip": "0800", "id": "1", "email": "a@b.example", "city": "Bern"})
    ]


@pytest.mark.parametrize(
    ("map", "words"),
    [
        ("columns: { Kunden: id }", "map.yaml:1:12: there is no column `Kunden`. Did you mean `Kunde`?"),
        ("columns: { Kunde: [id] }", "map.yaml:1:19: `Kunde` is not mapped to a name."),
        ("columns: { Kunde: Mail }", "there are two columns `Mail`"),
        ("constants: { Mail: x }", "there are two columns `Mail`"),
        ("constants: { a: [x] }", "`a` is no single value."),
        ("colums: {}", "`colums` is not known here. Did you mean `columns`?"),
        ("columns: id", "`columns` is no mapping."),
        ("columns: { a: 1", "map.yaml:"),
        ("", "map.yaml:1:1: The file is empty."),
    ],
)
def test_a_faulty_map_is_refused_with_its_place(map: str, words: str) -> None:
    with pytest.raises(ReadError) as refused:
        Table(io.BytesIO(b"Kunde,Mail\n"), read_columns(map.encode(), "map.yaml"))
    assert words in refused.value.message


# --- anything ------------------------------------------------------------------------------------


@given(st.binary(max_size=400) | st.text(alphabet='id,;\t"\n\r é\x00', max_size=200).map(str.encode))
def test_garbage_raises_nothing_but_read_errors(text: bytes) -> None:
    try:
        found = list(table(text))
    except ReadError:
        return
    assert all(isinstance(row, LineError) or all(row.values()) for _, row in found)


CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t"))
def test_what_the_csv_module_writes_is_read_back(lines: list[list[str]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *lines])
    told = [
        {name: cell.strip() for name, cell in zip("abc", line, strict=True) if cell.strip()} for line in lines
    ]
    assert [row for _, row in rows(out.getvalue())] == [one for one in told if one]

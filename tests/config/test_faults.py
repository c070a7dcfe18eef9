"""Lines of keys: what the scanner says is where a key stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.config.faults import Lines

TEXT = '''\
# comment = 1
title = "a # b"
[pool]
file = "x.csv"   # [lab]
features = [
    "a",  # not = a key
    "b]",
]
note = """
[lab]
kind = "none"
"""
raw = \'\'\'
x = 1\'\'\'
"odd key" = 1
a.b = 2
[[parameter]]
name = "p"
[[parameter]]
name = "q"
low = {x = 1, y = "}"}
high = 2
[lab]
kind = "person"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("pool", "file"), 4),
        (("pool", "features"), 5),
        (("pool", "note"), 9),
        (("pool", "raw"), 13),
        (("pool", "odd key"), 15),
        (("pool", "a", "b"), 16),
        (("parameter", 0, "name"), 18),
        (("parameter", 1, "name"), 20),
        (("parameter", 1, "high"), 22),
        (("lab", "kind"), 24),
        (("lab", "absent"), 23),
        (("pool", "features", 1), 5),
        (("absent",), None),
    ],
    ids=str,
)
def test_a_key_is_found_where_it_stands(path: tuple[str | int, ...], line: int | None) -> None:
    assert Lines.of("c.toml", TEXT).line(path) == line


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("pool", "file"), "c.toml:4, [pool] file"),
        (("parameter", 1, "low"), "c.toml:21, [[parameter]] low"),
        (("lab",), "c.toml:23, [lab]"),
        ((), "c.toml"),
    ],
    ids=str,
)
def test_a_place_names_file_line_table_and_key(path: tuple[str | int, ...], place: str) -> None:
    assert Lines.of("c.toml", TEXT).place(*path) == place


NAMES = st.sampled_from(["a", "b-c", "d_e", "F9", '"g h"', "'i=j'", '"[k]"'])
VALUES = st.sampled_from(
    [
        *("1", '"x = 1"', "'# no'", "[1, 2]", '[\n  "]", # c\n  "a = b",\n]', '"""\nq = 1\n[r]\n"""'),
        *("{s = 1}", "'''t\n'''", '""', "1 # u = 2", '"""a"b""c\\""""', "'''a'b'''''"),
    ]
)


@given(st.lists(st.tuples(NAMES, VALUES), unique_by=lambda pair: pair[0], min_size=1, max_size=7))
def test_every_key_of_any_table_is_found(pairs: list[tuple[str, str]]) -> None:
    text, wanted = "[table]\n", {}
    for name, value in pairs:
        wanted[name.strip("'\"")] = text.count("\n") + 1
        text += f"{name} = {value}\n"
    lines = Lines.of("c.toml", text)
    assert set(tomllib.loads(text)["table"]) == set(wanted)
    assert {name: lines.line(("table", name)) for name in wanted} == wanted

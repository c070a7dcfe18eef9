"""The reference of chemistry holds every name, every feature and every column."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from matloop import chem
from matloop.chem import elements
from matloop.chem.sets import sets

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "chemistry.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown() -> str:
    """The page as the site shows it."""
    spec = importlib.util.spec_from_file_location("reference_of_chemistry", DOCS / "tools" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.on_page_markdown(PAGE)


def test_every_public_name_of_chemistry_is_in_the_reference() -> None:
    assert sorted([*re.findall(r"^::: matloop\.chem\.(\w+)$", PAGE, flags=re.MULTILINE), "MAGPIE"]) == sorted(
        chem.__all__
    )


def test_nothing_of_the_page_is_left_to_fill_in(shown: str) -> None:
    assert "<!--" not in shown
    assert "formula = part { separator part }" in shown


def test_every_column_of_the_element_table_is_shown_with_its_source(shown: str) -> None:
    for name, column in elements.columns().items():
        assert f"| `{name}` | {column.unit} | {column.meaning} | {column.origin} | {column.source} |" in shown


def test_every_feature_is_shown(shown: str) -> None:
    for one in sets().values():
        for feature in one.features:
            name = re.sub(r"^MagpieData \w+", "MagpieData STATISTIC", feature.name)
            assert one.name == "fractions" or f"| {one.name} | `{name}` | {feature.unit} |" in shown
    assert "| fractions | `H` ... `Og` |" in shown

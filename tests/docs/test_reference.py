"""Nothing that a user can call, type or write into a campaign file is undocumented."""

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import matloop
from matloop.apps.cli import main as cli
from matloop.decide.acquisition.registry import NAMES as ACQUISITIONS
from tests.docs.pages import DOCS, ROOT


def tool(name: str) -> ModuleType:
    """A tool of the documentation, which is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


REFERENCE = tool("reference")
PYTHON = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
KEYS = (DOCS / "reference" / "campaign-toml.md").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference_and_no_other() -> None:
    named = re.findall(r"^::: matloop\.(\w+)$", PYTHON, flags=re.MULTILINE)
    assert sorted([*named, "__version__"]) == sorted(set(matloop.__all__) | set(matloop._HOME) | {"__version__"})


@pytest.mark.parametrize("name", sorted(set(matloop.__all__) - {"__version__"}))
def test_a_public_name_has_a_docstring_of_its_own(name: str) -> None:
    said = inspect.getdoc(getattr(matloop, name)) or ""
    assert said
    assert not said.startswith(f"{name}(")  # what dataclasses write where nobody did


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_argument_and_option_of_a_verb_says_what_it_is(name: str) -> None:
    rows = REFERENCE.verb_rows(name)
    assert REFERENCE.verb(name).help
    assert [called for called, said in rows if not re.match(r"\w", said.strip())] == []
    assert f"## matloop {name}\n" in REFERENCE.on_page_markdown("<!-- verbs -->")


def test_every_key_of_the_campaign_file_has_a_meaning_and_every_meaning_a_key() -> None:
    assert list(REFERENCE.undocumented()) == []


def test_every_section_strategy_surrogate_and_lab_is_on_the_page() -> None:
    missing = [f"keys: {section}" for section in REFERENCE.SECTIONS if f"<!-- keys: {section} -->" not in KEYS]
    for group, entry_points in REFERENCE.GROUPS.items():
        ours = [name for name in REFERENCE.plugins.names(entry_points) if is_ours(entry_points, name)]
        marks = [f"<!-- settings: {group} {name} -->" for name in ours]
        assert marks
        missing += [mark for mark in marks if mark not in KEYS]
    assert missing == []


def is_ours(group: str, name: str) -> bool:
    """Whether a plug-in comes with matloop; tests may have installed others."""
    return str(REFERENCE.plugins.load(group, name).__module__).startswith("matloop.")


def test_every_acquisition_is_explained() -> None:
    page = (DOCS / "explanation" / "how-a-suggestion-is-chosen.md").read_text(encoding="utf-8")
    assert [name for name in ACQUISITIONS if f"| `{name}` |" not in page] == []


def test_the_reference_lists_the_acquisitions_that_there_are_and_no_other() -> None:
    (listed,) = re.findall(r"^The acquisitions are (.+?);", KEYS, flags=re.MULTILINE | re.DOTALL)
    assert sorted(re.findall(r"`([\w-]+)`", listed)) == sorted(ACQUISITIONS)


def test_the_steps_of_a_suggestion_are_numbered_one_after_another() -> None:
    page = (DOCS / "explanation" / "how-a-suggestion-is-chosen.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", page, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", ["cli", "campaign-toml"])
def test_nothing_of_a_generated_page_is_left_to_fill_in(page: str) -> None:
    text = REFERENCE.on_page_markdown((DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8"))
    assert "<!--" not in text
    assert len(text.splitlines()) > 100


def test_a_key_without_a_meaning_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = (DOCS / "tools" / "keys.toml").read_text(encoding="utf-8")
    lines = [line for line in told.splitlines() if not line.startswith("experiments = ")]
    (tmp_path / "keys.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(REFERENCE, "KEYS", tmp_path / "keys.toml")
    assert list(REFERENCE.undocumented()) == ["[budget] experiments"]
    with pytest.raises(KeyError):
        REFERENCE.key_rows("budget")


def test_what_a_docstring_says_of_fields_is_told_apart_from_its_prose() -> None:
    docstring = "A thing.\n\nlow, high: bounds. step: their\n    distance.\n\nRaises:\n    Error: note: never."
    prose, fields = tool("docstrings").split(docstring, ("low", "high", "step", "Error"))
    assert prose == "A thing.\n\nRaises:\n    Error: note: never."
    assert fields == {"low": "bounds.", "high": "bounds.", "step": "their distance."}


def test_the_readme_leads_to_the_documentation() -> None:
    linked = re.findall(r"\]\((docs/[\w/.-]+\.md)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert linked
    assert [path for path in linked if not (ROOT / path).is_file()] == []

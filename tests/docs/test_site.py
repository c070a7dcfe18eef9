"""The site is built without a warning, and opens without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import DOCS, ROOT, pages

_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc=["']?((?:https?:)?//[^"'> ]+)"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon|manifest|modulepreload))"""
    r"""[^>]*\bhref=["']?((?:https?:)?//[^"'> ]+)"""
    r"""|@import\s+(?:url\()?["']?((?:https?:)?//[^"')]+)"""
    r"""|url\(\s*["']?((?:https?:)?//[^"')]+)"""
)
"""What a page loads by itself from elsewhere; links that a reader may follow are no matter."""


def loaded(text: str) -> list[str]:
    """Addresses that a page or a style sheet loads."""
    return [next(filter(None, groups)) for groups in _LOADED.findall(text)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    front = (site / "index.html").read_text(encoding="utf-8")
    for page in pages():
        address = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / address).is_file(), address
        assert f'href="{address}"' in front, address


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(files) > len(pages())
    assert {str(path.relative_to(site)): loaded(path.read_text(encoding="utf-8")) for path in files} == {
        str(path.relative_to(site)): [] for path in files
    }


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link href="//fonts.example/x.css" rel="stylesheet">',
        "@import url(https://fonts.example/x.css)",
        "background: url('https://img.example/x.png')",
    ],
    ids=["script", "style", "import", "picture"],
)
def test_what_would_be_loaded_is_seen(text: str) -> None:
    assert len(loaded(text)) == 1


def test_a_link_to_follow_is_not_loading() -> None:
    assert loaded('<a href="https://example.org">there</a> <link rel="next" href="page.html">') == []


def test_the_reference_holds_every_name_and_every_verb(site: Path) -> None:
    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    shell = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert 'id="matloop.Campaign"' in python
    assert 'id="matloop-suggest"' in shell
    assert "one standard deviation of that number" in python  # the meaning of a field, from its docstring
    assert re.findall(r"\b_[a-z]\w+:", re.sub("<[^>]+>", "", python)) == []  # no argument that is none of its users'


def test_the_fonts_are_those_of_the_reader() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["theme"]["font"] is False

"""What the documentation does not run is the code of other programs alone, whole, with ours beside it, which is run."""

from pathlib import Path

import pytest

from benchmarks.peers.environments import pinned, pins
from tests.docs.pages import DOCS, blocks_of, pages
from tests.docs.peers import programs

PROGRAMS = programs()
PAGES = {DOCS / "howto" / f"from-{peer}.md": peer for peer in PROGRAMS}


def test_only_the_pages_of_peers_leave_blocks_out() -> None:
    left_out = {(page, block.peer) for page in pages() for block in blocks_of(page) if block.peer is not None}
    assert left_out == set(PAGES.items())
    assert len(PAGES) == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_left_out_begins_with_the_name_of_its_program(page: Path) -> None:
    named = {"baybe": "# BayBE", "ax": "# Ax", "nimo": "# NIMO"}
    blocks = [block for block in blocks_of(page) if block.peer is not None]
    assert {block.language for block in blocks} == {"python"}
    assert {block.source.splitlines()[0] for block in blocks} == {named[PAGES[page]]}
    assert [block for block in blocks if "matloop" in block.source] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_program_of_a_page_is_whole(page: Path) -> None:
    program = PROGRAMS[PAGES[page]][page]
    compile(program, str(page), "exec")
    assert program.count("import") >= 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_beside_each_block_that_is_left_out_stands_one_of_ours_that_is_run(page: Path) -> None:
    blocks = blocks_of(page)
    pairs = page.read_text(encoding="utf-8").split('<div class="side-by-side" markdown>')[1:]
    assert len(pairs) >= 2
    for pair in pairs:
        inside = pair.partition("</div>")[0]
        assert inside.count("<!-- not run: peer") == 1, inside
        assert inside.count("# matloop\n") == 1, inside
    ours = [block for block in blocks if block.peer is None and block.source.startswith("# matloop\n")]
    assert len(ours) == len(pairs)


@pytest.mark.parametrize("peer", sorted(PROGRAMS))
def test_a_page_names_the_version_that_is_installed_for_it(peer: str) -> None:
    assert peer in pins()
    (page,) = PROGRAMS[peer]
    assert f"`{pinned(peer)[-1]}`" in page.read_text(encoding="utf-8")
    assert all("==" in line for line in pinned(peer))

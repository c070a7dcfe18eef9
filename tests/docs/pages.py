"""The pages of the documentation as programs: every fenced block is run, in order, in one folder a page.

| block | what is done |
|---|---|
| `python` | run; all of a page share one namespace |
| `python title="NAME"` | written as the file NAME, which a later block must run or import |
| `text` | what the python block before it printed |
| `console` | each `$ command` is run, and what stands below it is what it prints |
| `toml title="NAME"` | written as NAME; `matloop check NAME` must accept it |
| `csv title="NAME"` | written as NAME |

`title="NAME (added)"` adds to the file instead; `title="NAME (refused)"` is a file that `matloop check` must refuse. A
command that fails is followed by `$ echo $?` and its exit code. `...` stands for anything; numbers may differ by one in
the last place that is shown. A comment `<!-- not run: peer NAME -->` before a block keeps it for `make docs-peers`,
which runs the blocks of a peer in an environment of their own.
"""

from __future__ import annotations

import doctest
import io
import math
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from sybil import Document, Example, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from matloop.apps.cli.main import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_LEXER = FencedCodeBlockLexer(language="[^\n]*")
_INFO = re.compile(
    r'(?P<language>\w+)(?: title="(?P<name>[^" ]+)(?: \((?P<how>added|refused)\))?")?(?: [a-z_]+="[^"]*")*'
)
_NOT_RUN = re.compile(r"<!-- not run: peer (?P<peer>\w+) -->\s*\Z")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
_PROGRAMS = {"cat", "ls", "head"}
"""What the shell of the pages knows beside matloop and python."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    line: where its code begins, from 1. how: `added` or `refused`. peer: whose code it is, where it is not ours.
    """

    line: int
    language: str
    name: str | None
    how: str | None
    source: str
    peer: str | None


def pages() -> list[Path]:
    """Every page that a person wrote."""
    return sorted(path for path in DOCS.rglob("*.md") if "tools" not in path.parts)


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a page, in order.

    Raises:
        AssertionError: for an opening line that is none of those above.
    """
    return [_block(example) for example in _examples(path)]


def _examples(path: Path) -> Iterator[Example]:
    document = Document.parse(str(path), _regions)
    return iter(list(document.examples()))


def _regions(document: Document) -> Iterator[Region]:
    for region in _LEXER(document):
        region.parsed = region.lexemes["source"]
        region.evaluator = lambda example: None
        yield region


def _block(example: Example) -> Block:
    info = _INFO.fullmatch(example.region.lexemes["language"].strip())
    place = f"{example.path}:{example.line}"
    assert info, f"{place}: what is {example.region.lexemes['language']!r}?"
    marked = _NOT_RUN.search(example.document.text[: example.start].rstrip(" "))
    peer = marked["peer"] if marked else None
    return Block(example.line + 1, info["language"], info["name"], info["how"], str(example.parsed), peer)


Judge = Callable[[str, str, str], str]
"""What a page shows, what came, and the place -> what the page should show; or it raises."""


def held(wanted: str, printed: str, place: str) -> str:
    """Hold a page to what it shows."""
    assert_same(wanted, printed, place)
    return wanted


def run_page(path: Path, judge: Judge = held) -> str:
    """Run a page in the current folder.

    Returns:
        The page as it should be, by what `judge` made of each output.

    Raises:
        AssertionError: naming the block, where the page is wrong.
    """
    shell = Shell(judge)
    namespace: dict[str, object] = {"__name__": "page"}
    printed: str | None = None
    text = path.read_text(encoding="utf-8")
    shift = 0
    for example in _examples(path):
        block = _block(example)
        if block.peer is not None:
            continue
        place = f"{path.relative_to(ROOT)}:{block.line}"
        source = block.source
        if block.language == "text":
            assert printed is not None, f"{place}: no python block stands before it"
            source, printed = judge(block.source, printed, place), None
        else:
            assert not printed, f"{place}: what the block before printed stands nowhere: {printed!r}"
            if block.language == "console":
                source = shell.session(block.source, place)
            else:
                printed = _do(block, example, shell, namespace, place)
        at = text.index(block.source, example.start + shift)
        text = text[:at] + source + text[at + len(block.source) :]
        shift += len(source) - len(block.source)
    assert not printed, f"{path.name}: what the last block printed stands nowhere: {printed!r}"
    assert shell.unused <= shell.read, f"{path.name}: written, and never run: {sorted(shell.unused - shell.read)}"
    return text


def _do(block: Block, example: Example, shell: Shell, namespace: dict[str, object], place: str) -> str | None:
    """Do one block; what a python block printed."""
    if block.name is not None:
        write(block)
        if block.language == "python":
            shell.unused.add(block.name)
        elif block.language == "toml":
            code, printed = call("matloop", "check", block.name)
            assert code == (2 if block.how == "refused" else 0), f"{place}: {printed}"
        else:
            assert block.language == "csv", f"{place}: a file of language {block.language!r}"
    else:
        assert block.language == "python", f"{place}: a block of language {block.language!r} without a file's name"
        shell.read |= {name for name in shell.unused if f"from {Path(name).stem} import" in block.source}
        example.namespace = namespace
        with redirect_stdout(io.StringIO()) as out:
            PythonEvaluator()(example)
        return out.getvalue()
    return None


def write(block: Block, folder: Path = Path()) -> None:
    """Write a block as the file that it names, or add it to that file."""
    path = folder / (block.name or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if block.how == "added" else ""
    path.write_text(before + block.source, encoding="utf-8")


@dataclass(slots=True)
class Shell:
    """What the console blocks of a page are typed into.

    judge: compares. code: exit code of the last command. unused, read: scripts that were written, and those that were
    run.
    """

    judge: Judge
    code: int = 0
    unused: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def session(self, source: str, place: str) -> str:
        """Type the commands of a block; returns the block as it should be.

        Raises:
            AssertionError: when one prints something else, or fails without the page's saying so.
        """
        shown = ""
        for typed, wanted in _commands(source):
            command = re.sub(r"\\\n\s*", "", typed)
            words = shlex.split(command)
            if words[:1] == ["echo"]:
                assert words == ["echo", "$?"], f"{place}: {command}"
                printed, self.code = f"{self.code}\n", 0
            else:
                assert self.code == 0, f"{place}: exit code {self.code} before $ {command}"
                self.code, printed = self._call(words, place)
            shown += f"$ {typed}\n" + self.judge(wanted, printed, f"{place}, $ {command}")
        assert self.code == 0, f"{place}: the last command exits {self.code}; say so with `$ echo $?`"
        return shown

    def _call(self, words: list[str], place: str) -> tuple[int, str]:
        assert words[0] in _PROGRAMS | {"matloop", "python"}, f"{place}: no such program {words[0]!r}"
        if words[0] == "python":
            self.read.add(words[1])
        return call(*words)


def call(*words: str) -> tuple[int, str]:
    """Exit code of a command, and what it printed; matloop runs in this process, which is as real and far quicker."""
    if words[0] == "matloop":
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            code = main(list(words[1:]))
        return code, out.getvalue()
    program = sys.executable if words[0] == "python" else words[0]
    done = subprocess.run(
        [program, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout


def _commands(source: str) -> Iterator[tuple[str, str]]:
    """Each command of a block and what stands below it; a command goes on after a backslash at its line's end."""
    for found in re.finditer(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)\n((?:(?!\$ )[^\n]*\n)*)", source, flags=re.MULTILINE):
        yield found[1], found[2]


def assert_same(wanted: str, printed: str, place: str) -> None:
    """Compare what a page shows with what came, by the rules of this module."""
    want, got = _plain(wanted), _plain(printed)
    if not doctest.OutputChecker().check_output(want, _near(want, got), doctest.ELLIPSIS):
        raise AssertionError(f"{place}\n--- the page shows\n{want}\n--- what came\n{got}")


def _plain(text: str) -> str:
    """Lines without what a table pads, and without blank lines at the end."""
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.rstrip().splitlines()]
    return "\n".join(lines) + "\n"


def _near(want: str, got: str) -> str:
    """What came, with the page's own numbers in the lines where all of them are near enough."""
    lines = got.splitlines()
    shown = want.splitlines()
    if len(lines) != len(shown):
        return got
    return "\n".join(_near_line(a, b) for a, b in zip(shown, lines, strict=True)) + "\n"


def _near_line(want: str, got: str) -> str:
    theirs, ours = _NUMBER.findall(want), _NUMBER.findall(got)
    same_words = _NUMBER.sub("#", want) == _NUMBER.sub("#", got)
    if same_words and all(abs(float(a) - float(b)) <= _last_place(a) for a, b in zip(theirs, ours, strict=True)):
        return want
    return got


def _last_place(number: str) -> float:
    """One in the last place of a decimal number; whole numbers are exact."""
    figures, _, power = number.partition("e")
    decimals = len(figures.partition(".")[2])
    return 0.0 if not decimals else 1.01 * math.pow(10.0, int(power or 0) - decimals)

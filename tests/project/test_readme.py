"""What the README shows works as shown."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[0])
def test_python_of_the_readme_runs(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'x'" in done.stdout


def test_the_example_of_the_readme_has_ten_lines() -> None:
    assert len([line for line in blocks("python")[0].splitlines() if line]) == 10


def test_shell_of_the_readme_runs(tmp_path: Path) -> None:
    matloop = str(Path(sys.executable).with_name("matloop"))
    shell = next(block for block in blocks("sh") if "matloop init" in block)
    for line in shell.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            if "fill in" in line:
                fill_in(tmp_path / "next.csv")
            continue
        if words == [".", ".venv/bin/activate"]:  # the test names the interpreter's own matloop instead
            continue
        done = subprocess.run(
            [matloop, *words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "my-campaign" / "shortlist.csv").exists()


def fill_in(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    filled = [lines[0], *(line.removesuffix(",") + f",{10 + row}.5" for row, line in enumerate(lines[1:]))]
    path.write_text("\n".join(filled) + "\n", encoding="utf-8")


def test_every_make_target_of_the_readme_exists() -> None:
    targets = re.findall(r"^make (\w+)", README, flags=re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)

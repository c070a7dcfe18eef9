"""Light at the door: `import matloop` and `matloop --help` load nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numpy", "scipy", "sklearn", "pandas", "sqlalchemy", "pydantic", "pint", "plotly", "pyarrow", "torch")
LOOK = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"


def loaded_after(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "code",
    [
        f"import matloop; {LOOK}",
        "import sys; sys.argv = ['matloop', '--help']\n"
        "from matloop.apps.cli.main import main\n"
        f"try:\n    main()\nexcept SystemExit:\n    pass\n{LOOK}",
    ],
    ids=["import matloop", "matloop --help"],
)
def test_nothing_heavy_is_loaded_by(code: str) -> None:
    assert loaded_after(code) == "[]"


def test_every_public_name_can_be_had() -> None:
    code = "import matloop; [getattr(matloop, name) for name in matloop.__all__]; print(sorted(matloop.__all__))"
    assert "Campaign" in loaded_after(code)


def test_the_core_does_without_torch_and_plotly() -> None:
    code = f"import matloop; [getattr(matloop, name) for name in matloop.__all__]\n{LOOK}"
    names = loaded_after(code)
    assert "torch" not in names
    assert "plotly" not in names


def test_plotly_is_imported_in_the_report_alone() -> None:
    source = Path(__file__).parents[2] / "src" / "matloop"
    folders = {
        path.relative_to(source).parts[0] for path in source.rglob("*.py") if "import plotly" in path.read_text()
    }
    folders |= {path.relative_to(source).parts[0] for path in source.rglob("*.py") if "from plotly" in path.read_text()}
    assert folders == {"report"}

"""Write into the pages what their blocks print now, where that differs from what they show; then read the difference.

What still holds stays as it stands, `...` and all. A block that fails is not mended: then the page, or the program, is
wrong.

Usage: python -m tests.docs.mend [PAGE ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from tests.docs.pages import ROOT, assert_same, pages, run_page


def mended(wanted: str, printed: str, place: str) -> str:
    """What a page should show: what it shows, if that still holds, else what came."""
    try:
        assert_same(wanted, printed, place)
    except AssertionError:
        print(f"mended: {place}")
        return "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())
    return wanted


def main() -> int:
    """Mend the pages that are named, or all of them."""
    os.environ.pop("MATLOOP_DATA", None)
    os.environ["COLUMNS"] = "80"
    for page in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            sys.path.insert(0, folder)
            text = run_page(page, mended)
            sys.path.remove(folder)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

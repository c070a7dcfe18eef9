"""The report is one file that opens offline, with every figure in it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import matloop as ml
from matloop.report.build import page_of
from matloop.report.findings import Findings, findings_of
from matloop.report.html import MARK
from matloop.report.numerals import with_error

MEGABYTE = 1_000_000
FIGURES = {
    *("figure-progress", "figure-held-out", "figure-coverage", "figure-importance", "figure-ternary"),
    *(f"figure-slice-{place}" for place in range(1, 6)),
    *(f"figure-map-{place}" for place in range(1, 4)),
}


def browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("no Chromium: `make test` installs it where it may; else install the package chromium yourself")
    return found


@pytest.fixture(scope="module")
def findings(blend: Path) -> Findings:
    return findings_of(ml.Campaign.open(blend))


@pytest.fixture(scope="module")
def page(findings: Findings) -> str:
    return page_of(findings)


class Addresses(HTMLParser):
    """Gathers whatever a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fetched = {"src", "href", "srcset", "data", "poster", "action", "background"}
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in fetched]


def test_the_page_names_no_address_to_load(page: str) -> None:
    parser = Addresses()
    parser.feed(page)
    style = "".join(re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL))
    assert parser.found == []
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page


def test_plotly_is_embedded_once(page: str) -> None:
    assert page.count("plotly.js v") == 1
    assert page.startswith(MARK)


def test_a_browser_without_a_network_draws_every_figure_and_complains_of_nothing(page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            *(browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *("--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--window-size=1200,4000"),
            *("--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    drawn = re.findall(
        r'id="(figure-[a-z0-9-]+)"[^>]*class="plot js-plotly-plot"|'
        r'class="plot js-plotly-plot" id="(figure-[a-z0-9-]+)"',
        done.stdout,
    )
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert {one or other for one, other in drawn} == FIGURES
    assert done.stdout.count('class="main-svg"') >= len(FIGURES)


def test_what_users_wrote_is_shown_as_written(page: str) -> None:
    assert "a &lt;b&gt;blend&lt;/b&gt; &amp; a &lt;/script&gt; solvent" in page
    assert "it &lt;i&gt;cracked&lt;/i&gt;" in page
    assert "<script>alert" not in page


def test_the_page_says_what_a_laboratory_asks(page: str, findings: Findings) -> None:
    text = re.sub(r"<[^>]+>", " ", page.partition("<script")[0])
    for words in (
        "Best overpotential so far",
        "provisional",
        "Missing",
        "each draw judges both lines alike",
        "power cut",
    ):
        assert words in text
    assert findings.summary.status["head"] in text


def test_the_same_ledger_gives_the_same_page(page: str, blend: Path) -> None:
    assert page_of(findings_of(ml.Campaign.open(blend))) == page


def test_the_cost_is_given_where_it_is_known_and_left_out_else(findings: Findings) -> None:
    assert findings.spending is None
    assert "<dt>Spent</dt>" not in page_of(findings)


@pytest.mark.parametrize(
    ("readings", "words"),
    [([], "Nothing was measured yet"), ([1.0], "there is no model yet"), ([1.0, 2.0], "Leave-one-out")],
    ids=["nothing", "one reading", "two readings"],
)
def test_a_campaign_that_has_hardly_begun_has_a_page(readings: list[float], words: str) -> None:
    made = ml.Campaign(ml.Space([ml.Real("x", 0, 1)]), [ml.Objective("y")])
    made.tell([ml.Measured.of({"x": place / 4}, {"y": y}) for place, y in enumerate(readings)])
    assert words in page_of(findings_of(made))


def test_five_thousand_readings_stay_small() -> None:
    frame = pd.DataFrame({"x": range(50)})
    made = ml.Campaign(ml.Pool.from_frame(frame, features=["x"]), [ml.Objective("y")])
    ids = made.problem.candidates.ids  # type: ignore[union-attr]
    said = [
        ml.Measured.of(candidate=ids[i % 50], outcome={"y": (i % 50) + (i * 37 % 11) / 10}, experiment=1 + i // 50)
        for i in range(5000)
    ]
    made.tell(said)
    found = findings_of(made)
    assert (len(found.progress.readings), found.progress.told) == (1500, 5000)
    assert len(page_of(found).encode()) < 15 * MEGABYTE


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.31234, 0.0157, "1.312 ± 0.016"),
        (123.4, 12.0, "123 ± 12"),
        (0.5, 0.0, "0.500 ± 0"),
        (2.5e8, 1.0e6, "2.50e+08 ± 1.00e+06"),
        (0.0996, 0.00996, "0.100 ± 0.010"),
    ],
)
def test_a_value_has_the_digits_its_error_deserves(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text
    assert with_error(value, error, "J") == f"{text} J"

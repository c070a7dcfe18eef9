"""A page that is one file: text, tables and figures, which opens without a network and loads nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

MARK = "<!DOCTYPE html>\n<!-- matloop report -->\n"
"""How every page begins: so that no other file is overwritten."""

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": False,
    "plotlyServerURL": "",
}
_DRAW = """\
for (const one of JSON.parse(document.getElementById("figures").textContent)) {
  Plotly.newPlot(one.id, one.figure.data, one.figure.layout, CONFIG);
}
"""


@dataclass(slots=True)
class Page:
    """A page under construction: `add` text, `plot` figures, then ask for `text`."""

    title: str
    _parts: list[str] = field(default_factory=list)
    _figures: list[str] = field(default_factory=list)

    def add(self, *parts: str) -> None:
        """Append HTML as it is; what users wrote must have gone through `say`."""
        self._parts += parts

    def section(self, title: str, lead: str = "") -> None:
        """Begin a section; the lead is plain text."""
        self.add(f"<h2>{say(title)}</h2>", f"<p>{say(lead)}</p>" if lead else "")

    def plot(self, id: str, figure: go.Figure, caption: str) -> None:
        """Append a figure; the caption, plain text, says what it shows and how."""
        said = say(caption)
        drawn = f'<div class="plot" id="{id}" role="img" aria-label="{said}"'
        height = int(figure.layout.height)
        self.add(f'<figure>{drawn} style="height:{height}px"></div><figcaption>{said}</figcaption></figure>')
        self._figures.append(f'{{"id":{json.dumps(id)},"figure":{figure.to_json()}}}')

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = (), *, best: int = -1
    ) -> None:
        """Append a table of plain texts; columns in `numbers` stand right, the row `best` is marked."""
        kinds = [_kind(name, [row[i] for row in rows], numbers) for i, name in enumerate(header)]
        pairs = list(zip(header, kinds, strict=True))
        wide = ' class="wide"' if len(header) > _MANY else ""
        head = "".join(f'<th scope="col"{kind}>{_breakable(name)}</th>' for name, kind in pairs)
        body = []
        for place, row in enumerate(rows):
            cells = "".join(f"<td{kind}>{say(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
            marked = ' class="best"' if place == best else ""
            body.append(f"<tr{marked}>{cells}</tr>")
        inner = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
        self.add(f'<div class="scroll"><table{wide}>{inner}</table></div>')

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Append a list of names and what they stand for, plain texts."""
        self.add("<dl>", *(f"<dt>{say(name)}</dt><dd>{say(text)}</dd>" for name, text in facts), "</dl>")

    def text(self) -> str:
        """The whole file."""
        style = resources.files("matloop.report").joinpath("page.css").read_text(encoding="utf-8")
        return (
            f'{MARK}<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{say(self.title)}</title><style>\n{style}</style></head><body>\n"
            + "\n".join(part for part in self._parts if part)
            + (self._drawing() if self._figures else "")
            + "\n</body></html>\n"
        )

    def _drawing(self) -> str:
        """What draws the figures; a page without any is small."""
        # "<" would let a text end the script it stands in
        figures = f"[{','.join(self._figures)}]".replace("<", "\\u003c")
        return (
            "\n<noscript><p>The figures need JavaScript; text and tables do not.</p></noscript>"
            f'\n<script type="application/json" id="figures">{figures}</script>'
            f"\n<script>{get_plotlyjs()}</script>"
            f"\n<script>const CONFIG = {json.dumps(_CONFIG)};\n{_DRAW}</script>"
        )


def _breakable(name: str) -> str:
    """A column's name that may take several lines: a long one would push the columns after it off the page."""
    return say(name).replace("_", "_<wbr>")


_MANY = 9  # columns beyond which a table is set smaller, so that it fits a page of 1200 pixels
_WORDY = 40  # letters from which a column is given room to wrap


def _kind(name: str, cells: Sequence[str], numbers: Sequence[str]) -> str:
    if name in numbers:
        return ' class="number"'
    return ' class="words"' if any(len(cell) > _WORDY for cell in cells) else ""


def say(text: str) -> str:
    """Text as HTML shows it as it is, in quotes too."""
    return html.escape(text, quote=True)

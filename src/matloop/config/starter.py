"""Campaign files to start from, commented, each with the candidates it needs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from matloop.errors import InputError, fail, nearest

CAMPAIGN_FILE, SCREEN_FILE = "campaign.toml", "screen.toml"
OWN, SIMULATED, PUBLISHED = "Your own laboratory", "Simulated", "Published data (needs --data-dir)"
SCREENS = "A long list of formulas, before a campaign"
"""What a starter belongs to, as `init --list` groups them."""


@dataclass(frozen=True, slots=True)
class Starter:
    """A campaign file to start from.

    group: one of the above. about: one line for `init --list`.
    data: a raw table below the data folder that it reads; None when it needs none.
    beside: files that are written along with it, from a folder of its name. folders: empty ones that are made for it.
    then: commands after `check`; {folder} stands for where it lies, {file} for the campaign file.
    file: what is written; a screen.toml has no `check`.
    """

    group: str
    about: str
    data: str | None = None
    beside: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    then: tuple[str, ...] = ("matloop run {file}",)
    file: str = CAMPAIGN_FILE

    @property
    def commands(self) -> tuple[str, ...]:
        """What to call, in order."""
        return self.then if self.file == SCREEN_FILE else ("matloop check {file}", *self.then)


_BY_HAND = ("matloop suggest {file} --out {folder}/next.csv",)
"""Commands of a campaign that people do; `suggest` says how it goes on."""

STARTERS: Mapping[str, Starter] = {
    "table": Starter(OWN, "candidates from a table, done by people", beside=("candidates.csv",), then=_BY_HAND),
    "known": Starter(
        OWN,
        "a table of candidates and 30 experiments that are done",
        beside=("candidates.csv", "known.csv"),
        then=("matloop tell {file} {folder}/known.csv", *_BY_HAND),
    ),
    "space": Starter(OWN, "three parts that sum to 100, a temperature, a choice", then=_BY_HAND),
    "mixture": Starter(OWN, "up to 4 of 6 components in steps, with a bound and a price", then=_BY_HAND),
    "mixed": Starter(OWN, "choices, numbers, whole numbers, yes or no, with conditions", then=_BY_HAND),
    "nimo": Starter(
        OWN,
        "a NIMO robot behind its folders, with a dry run",
        beside=("candidates.csv", "robot/campaign.toml", "robot/answers.csv"),
        folders=("robot/input", "robot/output"),
        then=(
            "matloop lab nimo-robot {folder}/robot/input --output {folder}/robot/output "
            "--campaign {folder}/robot/campaign.toml",
            "matloop run {file}    (in another shell)",
        ),
    ),
    "screen": Starter(
        SCREENS,
        "135 formulas, learned from 51 compounds; choose a shortlist",
        beside=("known.csv", "candidates.csv"),
        then=("matloop inspect {folder}/known.csv", "matloop screen {file} --out {folder}/found"),
        file=SCREEN_FILE,
    ),
    "goals": Starter(
        SIMULATED,
        "two goals and a limit on a table of outcomes; runs at once",
        beside=("candidates.csv", "outcomes.csv"),
    ),
    "virtual": Starter(SIMULATED, "the built-in virtual laboratory, a thermoelectric; runs at once"),
    "crossed-barrel": Starter(
        PUBLISHED,
        "600 printed barrels, toughness measured three times each (MIT PVLab)",
        "pvlab_crossed_barrel/crossed_barrel_dataset.csv",
    ),
    "p3ht-cnt": Starter(
        PUBLISHED, "178 polymer-nanotube blends, conductivity (MIT PVLab)", "pvlab_p3ht_cnt/p3ht_dataset.csv"
    ),
    "agnp": Starter(
        PUBLISHED, "164 flow conditions of silver nanoparticles, spectral loss", "pvlab_agnp/agnp_dataset.csv"
    ),
    "oer-3496": Starter(
        PUBLISHED, "2121 six-metal oxygen-evolution catalysts, overpotential", "olympus/oer_plate_3496/data.csv"
    ),
    "oer-3851": Starter(
        PUBLISHED, "2119 six-metal oxygen-evolution catalysts, overpotential", "olympus/oer_plate_3851/data.csv"
    ),
    "direct-arylation": Starter(PUBLISHED, "1728 reactions, yield (EDBO)", "edbo_reactions/direct_arylation.csv"),
}
"""What `matloop init` offers. Names are part of the contract of the command line."""


def starter_files(name: str, folder: Path, data_dir: Path | None, **settings: int | str) -> dict[str, bytes]:
    """The files of a starter, to be written into `folder`.

    Args:
        name: one of `STARTERS`.
        folder: where they will lie; the data's path is written relative to it.
        data_dir: where raw tables lie, for starters that read one.
        **settings: what takes the place of $name in the file.

    Returns:
        File name -> content; the campaign file first.

    Raises:
        InputError: for an unknown name, or when the raw table is not there.
    """
    if name not in STARTERS:
        fail(InputError, "--template", f"unknown template {name!r}", nearest(name, STARTERS))
    starter = STARTERS[name]
    if starter.data is not None:
        settings = {**settings, "data": json.dumps(_relative(_raw_table(starter.data, data_dir), folder))}
    home = resources.files("matloop.config") / "templates"
    text = Template((home / f"{name}.toml").read_text(encoding="utf-8"))
    files = {STARTERS[name].file: text.substitute(settings).encode("utf-8")}
    return files | {beside: (home / name / beside).read_bytes() for beside in starter.beside}


def _raw_table(data: str, data_dir: Path | None) -> Path:
    if data_dir is None:
        cure = "Give --data-dir DIR (or set MATLOOP_DATA), the folder that holds it."
        fail(InputError, "--data-dir", f"the template reads {data}, and nobody said where it is", cure)
    path = data_dir / data
    if not path.is_file():
        cure = "Give --data-dir DIR (or set MATLOOP_DATA) as the folder that holds it."
        fail(InputError, str(path), "there is no such file", cure)
    return path


def _relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, with forward slashes; absolute where the two share no root (Windows drives)."""
    try:
        seen = Path(os.path.relpath(path.resolve(), folder.resolve()))
    except ValueError:
        seen = path.resolve()
    return seen.as_posix()

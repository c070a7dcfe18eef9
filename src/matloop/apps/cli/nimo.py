"""`import-nimo`, `export-nimo` and `lab nimo-robot`: an existing NIMO folder, from both sides."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from matloop.apps.cli.terminal import Debug, File, Json, emit, look_at_target, say
from matloop.campaign import Campaign
from matloop.config.nimo import campaign_text, filled, find_candidates, known_readings, read_candidates
from matloop.config.starter import CAMPAIGN_FILE
from matloop.errors import InputError, fail
from matloop.lab.nimo import NimoLab
from matloop.lab.nimo_files import CandidateFile, read_bytes
from matloop.lab.nimo_robot import NimoRobot, serve
from matloop.store.atomic import make_folder, write_whole

_REST_SECONDS = 0.5
"""Between two looks for proposals; NIMO itself looks every ten seconds."""


def import_nimo(  # noqa: PLR0913 (each is an option of the command line)
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="NIMO's folder, or its candidates.csv.")],
    *,
    objectives: Annotated[int, typer.Option("--objectives", min=1, help="How many columns at the end.")] = 1,
    goal: Annotated[Literal["maximize", "minimize"], typer.Option("--goal", help="What is sought.")] = "maximize",
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Default: NIMO's folder.")] = None,
    robot_input: Annotated[Path | None, typer.Option("--input", metavar="DIR", help="The robot's input.")] = None,
    robot_output: Annotated[Path | None, typer.Option("--output", metavar="DIR", help="The robot's output.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a campaign of a NIMO folder: campaign.toml, the candidates, and what they know already told."""
    source = find_candidates(folder)
    file, objective = read_candidates(source, objectives, goal)
    target = out or source.parent
    final = target / CAMPAIGN_FILE
    here = target / source.name
    copied = here.resolve() != source.resolve()
    _refuse_taken(final, here if copied else None, source)
    robot = {"input": robot_input or source.parent, "output": robot_output or source.parent}
    for option, path in robot.items():
        if not path.is_dir():
            fail(InputError, f"--{option}", f"there is no folder {str(path)!r}", "Create it, or correct the path.")
    make_folder(target)
    if copied:
        write_whole(here, read_bytes(source))
    draft = target / f".{CAMPAIGN_FILE}"  # takes its name when the readings are told: a killed import is done again
    write_whole(draft, campaign_text(file, objective, target, robot))
    told = known_readings(file)
    if told:
        Campaign.open(draft).tell(told)
    os.replace(draft, final)
    written = [str(final)] + ([str(here)] if copied else [])
    if as_json:
        emit({"written": written, "candidates": len(file.rows), "readings": len(told)})
        return
    say(f"Wrote {', '.join(written)}: {len(file.rows)} candidates, {len(told)} readings known.")
    say(f"Next: matloop check {final}, then matloop run {final}")


def _refuse_taken(final: Path, copy: Path | None, source: Path) -> None:
    """Refuse what would be overwritten; a copy of the same bytes is what a killed import left."""
    if final.exists():
        fail(InputError, str(final), "it exists already", "Name another folder with --out; nothing is overwritten.")
    if copy is not None and copy.exists() and copy.read_bytes() != read_bytes(source):
        fail(InputError, str(copy), "another file is there", "Name another folder with --out; nothing is overwritten.")


def export_nimo(
    file: File,
    out: Annotated[Path, typer.Option("--out", metavar="CSV", help="Where to write it.", readable=False)],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write NIMO's candidates.csv with the readings of the campaign in it; every other byte stays."""
    look_at_target(out)
    campaign = Campaign.open(file)
    source = campaign.lab.candidates if isinstance(campaign.lab, NimoLab) else _pool_source(campaign)
    candidates = CandidateFile.read(source, len(campaign.problem.objectives))
    names = {objective.name for objective in campaign.problem.objectives}
    if set(candidates.objective_names) != names:
        found = f"its last columns are {list(candidates.objective_names)}, the objectives {sorted(names)}"
        fail(InputError, str(source), found, "Export a campaign that import-nimo made.")
    write_whole(out, filled(candidates, campaign.problem, campaign.state))
    if as_json:
        emit({"out": str(out), "candidates": len(candidates.rows)})
    else:
        say(f"Wrote {out}: {len(candidates.rows)} candidates.")


def _pool_source(campaign: Campaign) -> Path:
    source = getattr(campaign.problem.candidates, "source", None)
    if source is None:
        fail(InputError, campaign.problem.name, "a space has no candidates.csv", "Export a campaign with a [pool].")
    return Path(source)


def lab(  # noqa: PLR0913 (each is an option of the command line)
    action: Annotated[Literal["nimo-robot"], typer.Argument(metavar="ACTION", help="nimo-robot")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The robot's input folder.")],
    *,
    campaign: Annotated[Path, typer.Option("--campaign", metavar="FILE", help="Whose lab and candidates.")],
    output: Annotated[Path | None, typer.Option("--output", metavar="DIR", help="Default: FOLDER.")] = None,
    proposals: Annotated[
        Path | None, typer.Option("--proposals", metavar="CSV", help="The script's proposals.csv.", readable=False)
    ] = None,
    cycles: Annotated[int | None, typer.Option("--cycles", min=1, help="End after so many batches.")] = None,
    idle: Annotated[float, typer.Option("--idle", min=0.0, help="End after so many seconds of nothing.")] = 3600.0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Let the campaign's lab be the robot of a NIMO script; its ledger stays as it is."""
    opened = Campaign.open(campaign)
    if opened.lab is None or isinstance(opened.lab, NimoLab):
        cure = 'Name a campaign whose [lab] is "table", "function" or "virtual".'
        fail(InputError, str(campaign), "its lab cannot be a NIMO robot", cure)
    problem = opened.problem
    names = tuple(objective.name for objective in problem.objectives)
    robot = NimoRobot(opened.lab, problem.candidates, names, folder, output or folder, proposals)
    rest = lambda: time.sleep(_REST_SECONDS)  # noqa: E731 (a name for one argument)
    done = serve(robot, cycles=cycles, idle=idle, clock=time.monotonic, rest=rest)
    if as_json:
        emit({"action": action, "batches": done})
    else:
        say(f"{done} batches done.")

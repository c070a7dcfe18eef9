"""The thermoelectric and band-gap tables as the benchmarks of validation read them; run as a program it lists them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd

from matloop.validate.recipe import Recipe


def data_dir() -> argparse.ArgumentParser:
    """A parser that knows where the tables are."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    return parser


def estm(folder: Path) -> tuple[pd.DataFrame, Recipe]:
    """Columns formula, T, zT, fold."""
    frame = pd.read_csv(Path(folder) / "simd_estm" / "estm.csv", keep_default_na=False)
    frame = frame.rename(columns={"Formula": "formula", "temperature(K)": "T", "ZT": "zT", "fold_simd": "fold"})
    return frame, Recipe("formula", ("T",))


def gaultois(folder: Path) -> tuple[pd.DataFrame, Recipe]:
    """Columns formula, T, zT, family; rows with zT alone. The formula NaN is sodium and nitrogen."""
    path = Path(folder) / "gaultois_ucsb_te" / "gaultois_targets.csv"
    frame = pd.read_csv(path, header=1, keep_default_na=False, na_values="")
    frame = frame[frame.zT.notna()].reset_index(drop=True)
    frame["family"] = frame.family.fillna(frame.formula)
    return frame, Recipe("formula", ("T",))


def expt_gap(folder: Path) -> tuple[pd.DataFrame, Recipe]:
    """Columns formula, target (eV)."""
    frame = pd.read_csv(Path(folder) / "crabnet_matbench" / "expt_gap.csv", keep_default_na=False)
    return frame, Recipe("formula")


if __name__ == "__main__":
    options = data_dir().parse_args()
    for read in (estm, gaultois, expt_gap):
        table, _ = read(options.data_dir)
        print(f"{read.__name__}: {len(table)} rows, {table.formula.nunique()} formulas")

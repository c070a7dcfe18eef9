"""Write matminer.npz: what matminer computes for formulas over all elements.

Not a test and not run by the tests: it needs an environment of its own with matminer 0.10.1 and pymatgen, and is run
there as `python tests/chem/make_fixture.py`.
"""

import random
import warnings
from pathlib import Path

import numpy as np
from matminer.featurizers.composition import ElementProperty, IonProperty, Stoichiometry, ValenceOrbital
from pymatgen.core import Composition, Element

SEED = 7
MIXED = 250
FEW_ATOMS = 14  # matminer's search for charge balance takes minutes beyond


def written(draw: random.Random, symbols: list[str]) -> str:
    """One to eight elements with whole, decimal or equal amounts, some of them in a bracket."""
    chosen = draw.sample(symbols, draw.choice([1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8]))
    kind = draw.choice(["whole", "decimal", "equal", "bracket"])
    if kind == "decimal":
        return "".join(f"{symbol}{draw.randint(1, 999) / 1000:g}" for symbol in chosen)
    if kind == "equal":
        return "".join(f"{symbol}0.25" for symbol in chosen)
    amounts = ["" if (amount := draw.randint(1, 5)) == 1 else str(amount) for _ in chosen]
    parts = [symbol + amount for symbol, amount in zip(chosen, amounts, strict=True)]
    if kind == "whole" or len(parts) < 3:
        return "".join(parts)
    return f"{parts[0]}({''.join(parts[1:])}){draw.choice([2, 0.5, 3])}"


def formulas() -> list[str]:
    draw = random.Random(SEED)  # noqa: S311  no secret hangs on it
    symbols = [Element.from_Z(number).symbol for number in range(1, 119)]
    common = symbols[:94]
    alone = symbols
    oxides = [f"{symbol}2O3" for symbol in symbols if symbol != "O"]
    mixed = [written(draw, common) for _ in range(MIXED)]
    few = ["".join(f"{symbol}{draw.randint(1, 3)}" for symbol in draw.sample(common, 3)) for _ in range(MIXED // 4)]
    return list(dict.fromkeys([*alone, *oxides, *mixed, *few]))


def possible(composition: Composition) -> int:
    """Matminer's "compound possible": 1 or 0; -1 where it has no answer (amounts that are not whole) or takes long."""
    if len(composition) > 3 or composition.num_atoms > FEW_ATOMS or any(amount % 1 for amount in composition.values()):
        return -1
    return int(IonProperty().featurize(composition)[0])


def main() -> None:
    warnings.simplefilter("ignore")
    texts = formulas()
    read = [Composition(text) for text in texts]
    tables = {
        "magpie_mean": ElementProperty.from_preset("magpie", impute_nan=True),
        "magpie_mark": ElementProperty.from_preset("magpie", impute_nan=False),
        "norms": Stoichiometry(),
        "valence": ValenceOrbital(impute_nan=False),
    }
    found = {name: np.array([made.featurize(one) for one in read], dtype=np.float64) for name, made in tables.items()}
    short = IonProperty(fast=True)
    short.data_source.get_oxidation_states = lambda element: (0,)  # leaves the search out; the ionic characters remain
    found["ions"] = np.array([short.featurize(one)[1:] for one in read], dtype=np.float64)
    marked = np.flatnonzero(np.isnan(found["magpie_mark"]).any(axis=1))
    found |= {"marked": marked, "magpie_mark": found["magpie_mark"][marked]}
    found["possible"] = np.array([possible(one) for one in read])
    names = np.array(tables["magpie_mean"].feature_labels())
    np.savez_compressed(Path(__file__).with_name("matminer.npz"), formulas=np.array(texts), names=names, **found)
    print({name: table.shape for name, table in found.items()}, np.unique(found["possible"], return_counts=True))


if __name__ == "__main__":
    main()

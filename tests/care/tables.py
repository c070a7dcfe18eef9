"""Sound tables with known truth, to which tests and benchmarks add one fault at a time."""

from collections.abc import Callable

import numpy as np
import pandas as pd

HOSTS = ("Bi", "Sb", "Pb", "Sn", "Ge", "Cu", "Ag", "In", "Ga", "Zn", "Mn", "Fe", "Co", "Ni", "Mg", "Ca")
ANIONS = ("Te", "Se", "S", "O", "As", "P")


def thermoelectrics(seed: int, materials: int = 60, noise: float = 0.01) -> pd.DataFrame:
    """A survey as laboratories keep it: smooth curves over temperature, zT from the parts, folds by material.

    Every figure has four digits; zT has six, and follows from the written parts.
    """
    random = np.random.default_rng(seed)
    formulas: list[str] = []
    while len(formulas) < materials:
        a, b = random.choice(HOSTS, 2, replace=False)
        x = int(random.integers(1, 10)) * 5
        text = f"{a}{2 - x / 100:g}{b}{x / 100:g}{random.choice(ANIONS)}3"
        if text not in formulas:
            formulas.append(text)
    rows = []
    for number, formula in enumerate(formulas):
        s0, sigma0, kappa0 = random.uniform(80, 250), 10 ** random.uniform(4, 4.9), 10 ** random.uniform(0.1, 0.5)
        peak = random.uniform(600, 900)
        for t in np.arange(300, 851, 50):
            jitter = 1 + noise * random.standard_normal(3)
            s = s0 * (1 - ((t - peak) / 1200) ** 2) * jitter[0]
            sigma = sigma0 * (300 / t) ** 0.8 * jitter[1]
            kappa = kappa0 * (0.5 + 0.5 * 300 / t) * jitter[2]
            s, sigma, kappa = (float(f"{v:.4g}") for v in (s, sigma, kappa))
            zt = float(f"{(s * 1e-6) ** 2 * sigma * t / kappa:.6g}")
            rows.append((formula, float(t), s, sigma, kappa, zt, number % 3))
    names = ["formula", "temperature [K]", "seebeck [uV/K]", "electrical conductivity [S/m]"]
    return pd.DataFrame(rows, columns=[*names, "thermal conductivity [W/(m K)]", "zT", "fold"])


def process(seed: int, rows: int = 400) -> pd.DataFrame:
    """A process table: settings of several laws, one property of them with normal noise; nothing repeated."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sample": [f"P{i:04d}" for i in range(rows)],
            "pressure [bar]": random.uniform(1, 200, rows),
            "time [h]": np.round(random.exponential(8, rows) + 0.5, 3),
            "flow": random.lognormal(2, 0.8, rows),
            "offset": random.normal(0, 3, rows),
            "layers": random.integers(1, 40, rows),
            "solvent": random.choice(["DMF", "DMSO", "water"], rows),
        }
    )
    effect = {"DMF": 0.0, "DMSO": 4.0, "water": -3.0}
    signal = 0.1 * frame["pressure [bar]"] + 3 * np.log(frame["flow"]) + frame["solvent"].map(effect) + frame["offset"]
    frame["hardness"] = signal + random.normal(0, 1.0, rows)
    return frame


def replicates(seed: int, groups: int = 80) -> pd.DataFrame:
    """Three prints of each of several designs, with the std of each reading."""
    random = np.random.default_rng(seed)
    design = np.repeat(np.arange(groups), 3)
    x, y = random.uniform(0, 1, groups), random.uniform(0, 1, groups)
    std = random.uniform(0.5, 1.5, len(design))
    strength = 10 + 5 * np.sin(3 * x)[design] + 4 * y[design] + std * random.standard_normal(len(design))
    return pd.DataFrame({"x": x[design], "y": y[design], "strength": strength, "strength_std": std})


def mixture(seed: int, rows: int = 300) -> pd.DataFrame:
    """Blends in percent that sum to 100, and what they conduct."""
    random = np.random.default_rng(seed)
    parts = np.round(random.dirichlet([2, 2, 2, 1], rows) * 100, 2)
    parts[:, 0] = np.round(100 - parts[:, 1:].sum(axis=1), 2)
    frame = pd.DataFrame(parts, columns=[f"{name} content (%)" for name in "ABCD"])
    frame["conductivity [S/cm]"] = np.exp(3 + parts @ [0.02, 0.01, -0.01, 0.03] + random.normal(0, 0.1, rows))
    return frame


def bands(seed: int, rows: int = 300) -> pd.DataFrame:
    """Compositions with a gap each, and a class."""
    random = np.random.default_rng(seed)
    seen: dict[str, float] = {}
    weight = {element: random.normal(0, 0.5) for element in (*HOSTS, *ANIONS)}
    while len(seen) < rows:
        a, b, c = random.choice(HOSTS), random.choice(HOSTS), random.choice(ANIONS)
        i, j, k = random.integers(1, 5, 3)
        if a != b and (text := f"{a}{i}{b}{j}{c}{k}") not in seen and np.gcd.reduce([i, j, k]) == 1:
            reverse = f"{b}{j}{a}{i}{c}{k}"
            if reverse not in seen:
                seen[text] = float(
                    3 + (i * weight[a] + j * weight[b] + k * weight[c]) / (i + j + k) + random.normal(0, 0.1)
                )
    frame = pd.DataFrame({"formula": list(seen), "target": list(seen.values())})
    return frame


CLEAN: dict[str, tuple[Callable[[int], pd.DataFrame], dict[str, object]]] = {
    "thermoelectrics": (thermoelectrics, {}),
    "process": (process, {"targets": ("hardness",), "ids": ("sample",)}),
    "replicates": (replicates, {"targets": ("strength",)}),
    "mixture": (mixture, {"targets": ("conductivity",)}),
    "bands": (bands, {}),
}
"""Name -> what makes it of a seed, and what the caller says of its columns."""

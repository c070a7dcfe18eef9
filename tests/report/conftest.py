"""Campaigns whose reports the tests look at."""

from pathlib import Path

import numpy as np
import pytest

import matloop as ml

CAMPAIGN = """\
[campaign]
name = "a <b>blend</b> & a </script> solvent"
seed = 4

[[objective]]
name = "overpotential"
goal = "minimize"
unit = "V"

[[parameter]]
name = "Ni"
kind = "real"
low = 0
high = 100
step = 5

[[parameter]]
name = "Fe"
kind = "real"
low = 0
high = 100
step = 5

[[parameter]]
name = "Co"
kind = "real"
low = 0
high = 100
step = 5

[[parameter]]
name = "T <sub>"
kind = "real"
low = 300
high = 900
step = 10
unit = "degC"

[[parameter]]
name = "solvent"
kind = "categorical"
choices = ["DMF", "DMSO", "</script><script>alert(1)</script>"]

[[constraint]]
sum = ["Ni", "Fe", "Co"]
equals = 100
"""


def overpotential(values: dict[str, object]) -> float:
    ni, fe, t = (float(str(values[name])) for name in ("Ni", "Fe", "T <sub>"))
    return 0.3 + 5e-5 * ((ni - 40) ** 2 + (fe - 40) ** 2) + 1e-6 * (t - 600) ** 2


@pytest.fixture(scope="session")
def blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a campaign with everything a report shows: a mixture, choices, failures, odd names."""
    file = tmp_path_factory.mktemp("blend") / "campaign.toml"
    file.write_text(CAMPAIGN)
    made, rng = ml.Campaign.open(file), np.random.default_rng(0)
    for turn in range(4):
        batch = made.suggest(5)
        read = [
            ml.Measured(one.id, {"overpotential": overpotential(dict(one.values)) + 0.01 * rng.standard_normal()})
            for one in batch[2:]
        ]
        ends = [ml.Failed(batch[0].id, reason="it <i>cracked</i>"), ml.Aborted(batch[0].id, reason="power cut")]
        made.tell([*read, ends[turn % 2], ml.Censored(batch[1].id, {"overpotential": 0.9}, side="above")])
    return file

"""Makes smact.json beside this file: what SMACT 4.0.2 finds in small systems, as the truth of test_smact.py.

Run with a Python that has smact==4.0.2: `python tests/generate/make_smact.py`.
"""

import itertools
import json
from pathlib import Path

import smact
from smact.screening import pauling_test, smact_filter

SYSTEMS = [
    # elements, highest, states (None: SMACT's icsd24), order: "strict", a tolerance, or None
    (["Na", "Cl"], 8, None, "strict"),
    (["Fe", "O"], 8, None, "strict"),
    (["Cs", "Pb", "I"], 5, None, "strict"),
    (["Bi", "Te", "Se"], 8, None, "strict"),
    (["Cu", "In", "S"], 6, None, "strict"),
    (["Na", "Fe", "P", "O"], 4, None, "strict"),
    (["K", "Cu", "Ge", "Se"], 4, None, "strict"),
    (["Li", "Mn", "S", "N"], 4, {"Li": [1], "Mn": [2, 3, 4], "S": [-2, 6], "N": [-3, 5]}, "strict"),
    (["Li", "Co", "Ni", "O", "F"], 3, None, "strict"),
    (["As", "Se", "S"], 6, None, 0.3),
    (["P", "H", "B"], 6, None, 0.1),
    (["Ag", "Sn", "Te"], 6, None, None),
    (["Ga", "P", "As", "N"], 2, None, None),
]


def hits(elements, highest, states, order):
    """[states, ratio] of every assignment that SMACT lets pass, elements as given."""
    made = [smact.Element(symbol) for symbol in elements]
    if states is None and order == "strict":
        return [[list(own), list(ratio)] for _, own, ratio in smact_filter(made, threshold=highest)]
    lists = [states[one.symbol] if states else one.oxidation_states_icsd24 for one in made]
    chi = [one.pauling_eneg for one in made]
    found = []
    for own in itertools.product(*lists):
        if order is None or pauling_test(own, chi, threshold=0.0 if order == "strict" else order):
            found += [[list(own), list(ratio)] for ratio in smact.neutral_ratios(list(own), threshold=highest)]
    return found


def main():
    """Write the fixture."""
    told = []
    for elements, highest, states, order in SYSTEMS:
        found = hits(elements, highest, states, order)
        told.append({"elements": elements, "highest": highest, "states": states, "order": order, "hits": found})
        print(elements, len(found))
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in told)
    Path(__file__).with_name("smact.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()

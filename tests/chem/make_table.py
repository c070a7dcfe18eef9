"""Write src/matloop/chem/elements.csv from the packages that elements.toml names, or compare with `--check`.

Not a test and not run by the tests: it needs an environment of its own with matminer 0.10.1, pymatgen-core 2026.10.16,
mendeleev 1.3.0 and smact 4.0.2 (their data files suffice: `pip install --no-deps`), and is run there as
`python tests/chem/make_table.py`.
"""

import csv
import gzip
import io
import json
import math
import sqlite3
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

TABLE = Path(__file__).parents[2] / "src" / "matloop" / "chem" / "elements.csv"
PINS = {"matminer": "0.10.1", "pymatgen-core": "2026.10.16", "mendeleev": "1.3.0", "smact": "4.0.2"}
MAGPIE = (
    "Number MendeleevNumber AtomicWeight MeltingT Column Row CovalentRadius Electronegativity NsValence NpValence "
    "NdValence NfValence NValence NsUnfilled NpUnfilled NdUnfilled NfUnfilled NUnfilled GSvolume_pa GSbandgap "
    "GSmagmom SpaceGroupNumber"
).split()
PLACES = "number symbol name group period block mass radioactive"
COLUMNS = [
    *PLACES.split(),
    *["electronegativity", "electronegativity_allred", "covalent_radius", "iupac_order"],
    *["oxidation_common", "oxidation_icsd24", "oxidation_known"],
    *(f"Magpie {name}" for name in MAGPIE),
]
PLACE_QUERY = (
    "select atomic_number, symbol, name, group_id, period, block, atomic_weight, is_radioactive, "
    "covalent_radius_cordero from elements order by atomic_number"
)


def folder(package: str) -> Path:
    """Where a package lies, without importing it."""
    found = find_spec(package)
    assert found
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


def number(cell: object) -> str:
    """A figure as text that reads back the same; empty where there is none."""
    try:
        value = float(str(cell))
    except ValueError:
        return ""
    if math.isnan(value):
        return ""
    return repr(int(value)) if value == int(value) else repr(value)


def states(values: Iterable[object]) -> str:
    return " ".join(str(state) for state in sorted(int(str(value)) for value in values))


def lines(path: Path) -> list[list[str]]:
    """The words of the lines that are no comment."""
    told = path.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in told if line.strip() and not line.startswith("#")]


def rows() -> Iterable[list[object]]:
    base = sqlite3.connect(folder("mendeleev") / "elements.db")
    known: dict[int, list[int]] = {}
    for of, state in base.execute("select atomic_number, oxidation_state from oxidationstates"):
        known.setdefault(of, []).append(state)
    smact = folder("smact") / "data"
    pauling = {words[0]: words[9] for words in lines(smact / "element_data.txt")}
    icsd = {words[0]: words[1:] for words in lines(smact / "oxidation_states_icsd24_filtered.txt")}
    with gzip.open(folder("pymatgen") / "core" / "periodic_table.json.gz") as file:
        periodic = json.load(file)
    tables = folder("matminer") / "utils" / "data_files" / "magpie_elementdata"
    magpie = [(tables / f"{name}.table").read_text(encoding="utf-8").splitlines() for name in MAGPIE]
    for of, symbol, name, group, period, block, mass, radioactive, radius in base.execute(PLACE_QUERY).fetchall():
        told = periodic[symbol]
        yield [
            *(of, symbol, name, "" if group is None else group, period, block, number(mass), radioactive),
            *(number(pauling.get(symbol)), number(told.get("X"))),
            *(number(radius if radius is None else round(radius, 6)), number(told.get("IUPAC ordering"))),
            *(states(told.get("Common oxidation states", ())), states(icsd.get(symbol, ())), states(known.get(of, ()))),
            *(number(column[of - 1] if of <= len(column) else None) for column in magpie),
        ]


def main() -> int:
    found = {name: version(name) for name in PINS}
    if found != PINS:
        print(f"asked for {PINS}, found {found}", file=sys.stderr)
        return 2
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows()])
    if "--check" in sys.argv:
        same = TABLE.read_text(encoding="utf-8") == text.getvalue()
        print("equal" if same else "different")
        return 0 if same else 1
    TABLE.write_text(text.getvalue(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How a candidate is spoken of."""

from pathlib import Path

from matloop.domain.crossed import crossed, spoken
from matloop.domain.parameter import Categorical, Real
from matloop.domain.pool import Pool
from matloop.domain.space import Space


def test_only_a_digest_of_a_crossed_campaign_is_spelt_out(tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text("film,x\nF1,1\nF2,2\n")
    pool = Pool.read_csv(table, ["x"], "film")
    both = crossed(pool, [Real("pressure", 1, 3, step=1, unit="Pa")])
    assert spoken(both, "cab12/1/1", {"pressure": 2.0, "film": "F2"}) == "cab12/1/1 (film F2, pressure 2.0)"
    assert spoken(pool, "F1", {"x": 1}) == "F1"
    plain = Space([Categorical("film", ["F1", "F2"]), Real("pressure", 1, 3, step=1)])
    assert spoken(plain, "cab12", {"film": "F1", "pressure": 1.0}) == "cab12"

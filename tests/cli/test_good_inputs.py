"""What is right in an unusual way is taken without a word."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPACE = """
[[objective]]
name = "y"
goal = "minimize"

[[parameter]]
name = "a"
kind = "real"
low = 0
high = 10
step = 2.5
unit = "mmol/L"

[[parameter]]
name = "b"
kind = "integer"
low = 0
high = 4

[[parameter]]
name = "salt"
kind = "categorical"
choices = ["NaCl", "NaN", "1"]

[[parameter]]
name = "stirred"
kind = "binary"
"""
SUM = """
[[parameter]]
name = "p"
kind = "real"
low = 0
high = 1
step = 0.1
[[parameter]]
name = "q"
kind = "real"
low = 0
high = 1
step = 0.1
[[constraint]]
sum = ["p", "q"]
equals = 0.7
"""
INLINE = 'objective = [{name = "y", goal = "maximize"}]\npool = {file = "candidates.csv", features = ["Cr"]}\n'
OBJECTIVE = '[[objective]]\nname = "y"\ngoal = "minimize"\n'
DOTTED = 'pool.file = "candidates.csv"\npool.features = ["Cr"]\nlab.kind = "person"\n' + OBJECTIVE
POOL = '[[objective]]\nname = "y"\ngoal = "maximize"\n[pool]\nfile = "candidates.csv"\nfeatures = ["Cr", "Mo"]\n'
SURROGATE = POOL + '[strategy]\nacquisition = "ei"\nsurrogate = {name = "gp"}\n'

CAMPAIGNS = {
    "a space of every kind": SPACE,
    "a space with a sum": '[[objective]]\nname = "y"\ngoal = "maximize"\n' + SUM,
    "inline tables": INLINE,
    "dotted keys": DOTTED,
    "a pool without ids": POOL,
    "comments and blank lines": "# a\n\n" + POOL.replace("\n", "   # why\n"),
    "Windows line ends": POOL.replace("\n", "\r\n"),
    "byte-order mark": "\ufeff" + POOL,
    "a strategy's own settings": SURROGATE,
    "greedy": POOL + '[strategy]\nname = "greedy"\n',
    "random, one by one": POOL + '[strategy]\nname = "random"\nbatch = 1\n[lab]\nwait = "any"\n',
    "a name in another script": '[campaign]\nname = "鋼"\nseed = 18446744073709551616\n' + POOL,
    "a ledger elsewhere": '[campaign]\nledger = "deep/steel.ledger"\n' + POOL,
}

TABLES = {
    "by suggestion": "suggestion,hardness\ns0002,3.5\n",
    "by candidate": "candidate,hardness\nA07,3.5\n",
    "by the pool's id column": "alloy,hardness\nA07,3.5\n",
    "by values": "Cr,Mo,annealing,hardness\n15,1,cold,3.5\n",
    "by values outside the pool": "Cr,Mo,annealing,hardness\n99,1,cold,3.5\n",
    "as Excel saves it": "\ufeffsuggestion,hardness\r\ns0002,3.5\r\n",
    "quoted cells": '"suggestion","hardness","note"\n"s0002","3.5","hot, then\ncold"\n',
    "a unit in the header": "suggestion,hardness [MPa]\ns0002,3500\n",
    "a unit in both headers": "suggestion,hardness [MPa],hardness_std [MPa]\ns0002,3500,100\n",
    "numbers as spreadsheets write them": "suggestion,reading,hardness\ns0002,1.0, 3.5E0 \n",
    "failed": "suggestion,hardness,status\ns0002,,failed\n",
    "aborted, without a column of numbers": "suggestion,status,note\ns0002,aborted,power cut\n",
    "below": "suggestion,hardness,status\ns0002,0.5,below\n",
    "an unnamed empty column": "suggestion,hardness,\ns0002,3.5,\n",
    "two readings of one specimen": "suggestion,reading,hardness\ns0002,1,3.5\ns0002,2,3.6\n",
    "two specimens of one candidate": "candidate,hardness\nA07,3.5\nA07,3.6\n",
}


@pytest.mark.parametrize("text", CAMPAIGNS.values(), ids=CAMPAIGNS)
def test_a_campaign_file_is_accepted(text: str, fresh: Path, matloop: Callable[..., Any]) -> None:
    (fresh / "deep").mkdir()
    (fresh / "campaign.toml").write_bytes(text.encode())
    done = matloop("check", fresh / "campaign.toml")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("No faults.\n")


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_of_readings_is_accepted(text: str, begun: Path, matloop: Callable[..., Any]) -> None:
    (begun / "readings.csv").write_bytes(text.encode())
    done = matloop("tell", begun / "campaign.toml", begun / "readings.csv", "--json")
    assert (done.code, done.err == "") == (0, not done.document["warnings"])
    rows = 2 if "two" in str(text) or text.count("3.6") else 1
    assert [done.document[name] for name in ("accepted", "repeated", "skipped")] == [rows, 0, 0]

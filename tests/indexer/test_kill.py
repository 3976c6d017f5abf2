"""A few rounds of `benchmarks/kill.py`: kill -9 at any time leaves a whole index."""

import os

import pytest

from benchmarks.kill import WRONG, kill


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_killed_run_leaves_a_whole_index_and_the_next_goes_on() -> None:
    counts = kill(12, seed=7)
    assert {name: counts[name] for name in WRONG} == dict.fromkeys(WRONG, 0)
    assert counts["killed at a step"] + counts["killed at a time"] == 12
    assert counts["went on"]

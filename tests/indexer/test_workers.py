"""Several devices: processes that encode, die, are stopped; and two processors that are two devices."""

import os
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import load_encoder
from indexer.encoder.workers import Workers
from indexer.errors import EncoderError

BATCHES = [[[number] * 3, [number]] for number in range(12)]


class Sums:
    """A text's vector is (the sum of its ids, this process's id). Id 5 ends the process, as often as asked;
    where it is slow, id 7 takes a minute and the others wait until that has begun. Id 11 is refused."""

    def __init__(self, deaths: int, slow: bool, notes: Path, device: str) -> None:
        self.deaths, self.slow, self.notes = deaths, slow, notes

    def batch_vectors(self, ids, prompt):
        os.write(1, b"what a library says on standard output")
        with (self.notes / "seen").open("a") as seen:
            seen.write(f"{ids[0][0]}\n")
        if ids[0][0] == 5 and self.seen().count("5") <= self.deaths:
            os._exit(9)
        if self.slow:
            while "7" not in self.seen():
                time.sleep(0.01)
        if ids[0][0] == 7 and self.slow:
            time.sleep(60)
            with (self.notes / "seen").open("a") as seen:
                seen.write("finished\n")
        if ids[0][0] == 11:
            raise ValueError("eleven")
        return np.array([[sum(row), os.getpid()] for row in ids], np.float32)

    def seen(self) -> list[str]:
        return (self.notes / "seen").read_text().split()


def team(notes: Path, *, deaths: int = 0, slow: bool = False) -> Workers:
    return Workers(["cpu", "cpu"], partial(Sums, deaths, slow, notes))


def encoded(workers: Workers, batches: list[list[list[int]]]) -> dict[int, list[float]]:
    with closing(workers.vectors(batches, "")) as found:
        return {number: vectors[:, 0].tolist() for number, vectors in found}


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_every_batch_comes_back_under_its_number(tmp_path):
    workers = team(tmp_path)
    expected = {number: [3.0 * number, 1.0 * number] for number in range(11)}
    assert encoded(workers, BATCHES[:11]) == expected
    assert encoded(workers, BATCHES[:11]) == expected
    workers.close()


def test_the_batch_of_a_process_that_died_is_done_again_once(tmp_path):
    workers = team(tmp_path, deaths=1)
    assert encoded(workers, BATCHES[:11])[5] == [15.0, 5.0]
    seen = (tmp_path / "seen").read_text().split()
    assert sorted(seen, key=int) == sorted([*map(str, range(11)), "5"], key=int)
    workers.close()


def test_a_batch_that_kills_twice_is_an_error(tmp_path):
    workers = team(tmp_path, deaths=2)
    with pytest.raises(EncoderError, match=r"cpu ended twice at the same batch \(exit code 9\)"):
        encoded(workers, BATCHES[:11])
    assert encoded(workers, BATCHES[:3]) == {0: [0, 0], 1: [3, 1], 2: [6, 2]}
    workers.close()


def test_what_an_encoder_raises_is_told(tmp_path):
    with pytest.raises(EncoderError, match="cpu can't encode: ValueError: eleven"):
        encoded(team(tmp_path), BATCHES)


def test_stopping_leaves_no_process_and_does_not_wait(tmp_path):
    workers = team(tmp_path, slow=True)
    slow_first = [BATCHES[7], *BATCHES[:5]]
    processes = []
    with pytest.raises(KeyboardInterrupt), closing(workers.vectors(slow_first, "")) as found:
        for _, vectors in found:
            processes.append(int(vectors[0, 1]))
            raise KeyboardInterrupt
    assert "finished" not in (tmp_path / "seen").read_text()
    assert all(map(gone, processes))


def test_two_processors_are_two_devices():
    texts = [f"passage {number} " + "word " * number for number in range(40)]
    from indexer.encoder.bert import BertEncoder  # not above: the other tests' processes need no torch

    two = load_encoder(devices=["cpu", "cpu"])
    assert isinstance(two, BertEncoder)
    two._budget = 300
    counted: list[int] = []
    found = two.encode_passages(texts, progress=lambda passages, _: counted.append(passages))
    assert sum(counted) == len(texts)
    assert len(counted) > 2
    here = two.batch_vectors(two.tokens.ids(texts), "")
    assert (found * here).sum(axis=1).min() >= 0.999
    two.close()

"""Compressed vectors against NumPy: what is found, and that no more is claimed than was measured."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy
from numpy.typing import NDArray

import indexer.store.certifying
import indexer.store.codes
import indexer.store.compressing
import indexer.store.snapshot
import indexer.store.writer
from indexer import index_documents
from indexer.asking import ask_about
from indexer.documents import Block, Document
from indexer.errors import DamagedIndexError
from indexer.repair import repair
from indexer.store import Reader
from indexer.store.certifying import lower_bound, overlaps
from indexer.store.check import check
from indexer.store.rows import Rows
from tests.fake import FakeEncoder
from tests.making import after, document, drop, put, rows, stop, writer

DIMENSION = 32
PER_DOCUMENT = 10
COUNT = 1_500
K = 10


def vectors_of(count: int, seed: int) -> NDArray[np.float32]:
    """`(count, DIMENSION)` unit rows in 30 groups, exact in float16 but for its own rounding."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((30, DIMENSION))
    made = centres[random.integers(30, size=count)] + 0.7 * random.standard_normal((count, DIMENSION))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


STORED = vectors_of(COUNT, 1)
QUESTIONS = vectors_of(80, 2)


def ask(texts: Sequence[str]) -> NDArray[np.float32]:
    return vectors_of(len(texts), 3)


def add(path: Path, vectors: NDArray[np.float32], name: str = "") -> None:
    with writer(path, DIMENSION) as to:
        put(
            to,
            *(
                document(
                    f"{name}{at // PER_DOCUMENT}",
                    *(f"{name} text {one}" for one in range(at, min(at + PER_DOCUMENT, len(vectors)))),
                    vectors=vectors[at : at + PER_DOCUMENT],
                )
                for at in range(0, len(vectors), PER_DOCUMENT)
            ),
        )


def certify(path: Path) -> None:
    with writer(path, DIMENSION) as to:
        to.certify(ask)


def small(patched: pytest.MonkeyPatch) -> None:
    """Few passages are many, in so few lists that an effort leaves most of them out."""
    patched.setattr(indexer.store.writer, "COMPRESS_AT", 1_000)
    patched.setattr(indexer.store.writer, "SEAL_AT", 400)
    patched.setattr(indexer.store.compressing, "SAMPLE", 900)
    patched.setattr(indexer.store.compressing, "lists_for", lambda count: 40)
    patched.setattr(indexer.store.codes, "MOST", 1.0)
    patched.setattr(indexer.store.snapshot, "FEW", 5)
    patched.setattr(indexer.store.snapshot, "SOME", 40)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compressed") / "index"
    with pytest.MonkeyPatch.context() as patched:
        small(patched)
        add(path, STORED)
        certify(path)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "index"))


def state_of(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The ids and vectors of all live passages, as SQLite and the reader tell them."""
    reader = Reader(path)
    ids = np.array([row[0] for row in rows(path, "SELECT id FROM passages ORDER BY id")], np.int64)
    with reader.view() as view:
        vectors = view.vectors(ids)
    reader.close()
    return ids, vectors


def require_near(path: Path, allowed: NDArray[np.int64] | None = None, k: int = K) -> float:
    """Ask all questions: only live and allowed ones are found, as many as there are, with their exact scores;
    the mean share of the nearest that was found."""
    ids, vectors = state_of(path)
    if allowed is not None:
        vectors, ids = vectors[np.isin(ids, allowed)], ids[np.isin(ids, allowed)]
    reader = Reader(path)
    shares = []
    with reader.view() as view:
        for question in QUESTIONS:
            found = view.dense(question, k, allowed)
            scores = np.minimum(vectors @ question, 1)
            assert len(found.ids) == min(k, len(ids))
            assert len(set(found.ids.tolist())) == len(found.ids)
            assert np.isin(found.ids, ids).all()
            assert found.scores == pytest.approx(scores[np.searchsorted(ids, found.ids)], abs=1e-5)
            assert (np.diff(found.scores) <= 0).all()
            least = np.sort(scores)[-len(found.ids) :].min()
            shares.append(np.mean(found.scores >= least - 1e-6))
    reader.close()
    return float(np.mean(shares))


def test_what_is_certified_is_found(path: Path) -> None:
    certificate = Reader(path).info().certificate
    assert certificate is not None
    assert certificate.kind == "IVF40,RaBitQ"
    assert certificate.passages == COUNT
    assert certificate.sample == 450
    assert 0.99 <= certificate.low <= certificate.overlap <= 1
    assert certificate.parameters["width@10"] < 1  # it pays
    assert require_near(path) >= 0.99
    assert require_near(path, k=100) >= 0.99
    assert require_near(path, k=1_000) >= 0.99
    assert require_near(path, k=1_001) == 1  # deeper than measured, so exact
    assert check(path) == []


def test_deleted_passages_are_never_found_and_others_still_are(path: Path) -> None:
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(25)))
    assert Reader(path).info().certificate is not None
    assert require_near(path) >= 0.99
    with writer(path, DIMENSION) as to:  # their vectors go, their codes stay
        to.compact(every=True)
    assert rows(path, "SELECT * FROM dead_vectors") == []
    assert require_near(path) >= 0.99
    assert check(path) == []


def test_what_is_new_is_found_at_once(path: Path) -> None:
    new = vectors_of(150, 4)
    add(path, new, "new")
    reader = Reader(path)
    assert reader.info().certificate is not None
    with reader.view() as view:
        for question in new:
            assert view.dense(question, 1).scores[0] == pytest.approx(1, abs=1e-3)
    reader.close()
    assert require_near(path) >= 0.99


def test_nothing_is_claimed_once_a_fifth_has_changed_until_it_is_measured_again(path: Path) -> None:
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(20)))
    add(path, vectors_of(110, 5), "new")
    assert Reader(path).info().certificate is None
    assert require_near(path) == 1
    certify(path)
    certificate = Reader(path).info().certificate
    assert certificate is not None
    assert certificate.passages == COUNT - 200 + 110
    assert [at.name for at in (path / "compressed").iterdir()] == ["2"]
    assert require_near(path) >= 0.99
    assert check(path) == []


def test_it_is_measured_again_only_when_due_and_given_up_when_too_small(path: Path) -> None:
    certify(path)
    assert [at.name for at in (path / "compressed").iterdir()] == ["1"]
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(60)))
    certify(path)  # below the size, but not far
    assert Reader(path).info().certificate is None
    assert [at.name for at in (path / "compressed").iterdir()] == ["1"]
    assert require_near(path) == 1
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(60, 101)))
    certify(path)
    assert Reader(path).info().certificate is None
    assert list((path / "compressed").iterdir()) == []
    assert require_near(path) == 1
    assert check(path) == []


@pytest.mark.parametrize("size", [1, 6, 12, 50, 200, 700, COUNT - 1, COUNT])
@pytest.mark.parametrize("near", [True, False], ids=["alike", "random"])
def test_filters_at_every_selectivity(path: Path, size: int, near: bool) -> None:
    ids, vectors = state_of(path)
    order = np.argsort(vectors @ vectors[0]) if near else np.random.default_rng(size).permutation(len(ids))
    assert require_near(path, np.sort(ids[order[:size]])) >= 0.99


def test_where_no_effort_meets_the_target_the_search_stays_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.store.certifying, "WIDTHS", (0.01,))
    path = tmp_path / "index"
    add(path, STORED)
    certify(path)
    assert Reader(path).info().certificate is None
    assert require_near(path) == 1
    certify(path)  # not tried again until enough has changed
    assert [at.name for at in (path / "compressed").iterdir()] == ["1"]
    assert check(path) == []


STEPS: list[tuple[Any, str]] = [
    (indexer.store.compressing, "write_codes"),
    (Path, "rename"),
    (indexer.store.compressing, "certify"),
    (Rows, "finish"),
    (sqlalchemy.Connection, "_commit_impl"),
    (indexer.store.writer, "sweep"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_it_is_stopped_the_index_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: str
) -> None:
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(35)))
    to = writer(path, DIMENSION)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stop if when == "before" else after(getattr(owner, name)))
        with pytest.raises(RuntimeError, match="power cut"):
            to.certify(ask)
    to.close(finish=False)
    assert require_near(path) >= 0.99
    certify(path)
    assert Reader(path).info().certificate is not None
    assert [at.name for at in (path / "compressed").iterdir()] == ["2"]
    assert check(path) == []


def test_an_encoder_that_fails_is_not_taken_for_a_damaged_index(path: Path) -> None:
    add(path, vectors_of(COUNT, 5), "more")

    def failing(texts: Sequence[str]) -> NDArray[np.float32]:
        raise ValueError("the model is not what it was")

    with writer(path, DIMENSION) as to, pytest.raises(ValueError, match="not what it was"):
        to.certify(failing)
    assert check(path) == []


def test_new_codes_take_a_number_that_nothing_has(path: Path) -> None:
    """On Windows a file that a reader maps stays when it is given up."""
    add(path, vectors_of(COUNT, 5), "more")
    with writer(path, DIMENSION) as to:
        (path / "compressed" / "9").mkdir()
        to.certify(ask)
    assert [at.name for at in (path / "compressed").iterdir()] == ["10"]
    assert check(path) == []


def test_a_damaged_file_is_told_and_made_anew(tmp_path: Path) -> None:
    encoder = FakeEncoder(DIMENSION)
    path = tmp_path / "index"
    add(path, STORED)
    with writer(path, DIMENSION) as to:
        to.certify(ask)
    (file,) = (path / "compressed").rglob("*.faiss")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedIndexError, match="check --repair"), Reader(path).view():
        pass
    assert [problem.kind for problem in check(path)] == ["compressed"]
    repair(path, encoder=encoder)
    assert Reader(path).info().certificate is not None
    assert require_near(path) >= 0.99
    assert check(path) == []
    file = next((path / "compressed").rglob("*.faiss"))
    file.unlink()
    assert [problem.kind for problem in check(path)] == ["compressed"]


def test_readers_go_on_while_it_is_compressed_anew(path: Path) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def questions() -> None:
        reader = Reader(path)
        try:
            while not done.is_set():
                for question in QUESTIONS[:20]:
                    with reader.view() as view:
                        assert len(view.dense(question, K).ids) == K
        except BaseException as error:
            failures.append(error)
        finally:
            reader.close()

    thread = threading.Thread(target=questions)
    thread.start()
    with writer(path, DIMENSION) as to:
        drop(to, *map(str, range(35)))
        to.certify(ask)
    done.set()
    thread.join()
    assert failures == []


def test_the_lower_bound_holds_in_95_of_100_samples() -> None:
    random = np.random.default_rng(1)
    missed = 0
    for _ in range(300):
        # Few questions that lose much: where Student's interval is too narrow.
        values = np.where(random.random(400) < 0.02, random.choice([0.2, 0.8], 400), 1.0)
        missed += lower_bound(values) > 1 - 0.02 * 0.5
    assert missed <= 300 * 0.05
    assert lower_bound(np.ones(1_000)) > 0.995
    assert lower_bound(np.full(1_000, 0.5)) == pytest.approx(0.5, abs=0.05)


def test_a_passage_as_near_as_the_tenth_counts_as_found() -> None:
    best = np.array([[0.9, 0.8, 0.8, 0.8]], np.float32)
    assert overlaps([np.array([0.9, 0.8], np.float32)], best, 2).tolist() == [1.0]
    assert overlaps([np.array([0.9, 0.7], np.float32)], best, 2).tolist() == [0.5]
    assert overlaps([np.array([0.9], np.float32)], best, 10).tolist() == [0.25]


def test_indexing_certifies_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.writer, "COMPRESS_AT", 900)
    words = np.random.default_rng(1).integers(400, size=(900, 8))
    texts = [" ".join(f"w{word}" for word in row) + ". So it ends here." for row in words]
    own = [(f"{at}.txt", Document(text, (Block(0, len(text)),))) for at, text in enumerate(texts)]
    index_documents(own, index=tmp_path / "index", encoder=FakeEncoder())
    certificate = Reader(tmp_path / "index").info().certificate
    assert certificate is not None
    assert certificate.passages == len(texts)


def test_a_question_about_a_text_is_a_sentence_of_it() -> None:
    encoder = FakeEncoder()
    texts = [
        "One sentence is here. Another one follows.",
        "",
        "短。这是一个足够长的句子，可以用来提问。",
        "17",
    ]
    asked = ask_about(encoder, texts)
    sentences = {
        0: ("One sentence is here. ", "Another one follows."),
        1: ("",),
        2: (texts[2], "这是一个足够长的句子，可以用来提问。"),
        3: ("17",),
    }
    for at, possible in sentences.items():
        assert any(np.array_equal(asked[at], encoder.encode_question(text)) for text in possible)
    assert asked.tolist() == ask_about(encoder, texts).tolist()

"""How long a question waits, cold and warm, beside sentence-transformers.

    python benchmarks/query.py [--index DIR] [--rounds 5]

Without --index, data/documents is indexed first. Cold: a new `bertrieve query` process, until it has printed,
and a new Python process that loads sentence-transformers and encodes the question. Warm: encoding one
question in a process that has answered others, the two in turn, each question new. Wall time; medians.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

OURS = "from ui.cli import main; main()"
PEER = """import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], device="cpu").encode(sys.argv[2])"""


def main() -> None:
    """Index the folder, then time cold and warm questions."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--index", type=Path)
    words.add_argument("--rounds", type=int, default=5)
    asked = words.parse_args()
    lines = (ROOT / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    with tempfile.TemporaryDirectory(prefix="bertrieve-query-") as scratch:
        index = asked.index or Path(scratch) / "index"
        if not asked.index:
            python(OURS, "index", str(ROOT / "data" / "documents"), "--index", str(index))
        cold(index, questions, asked.rounds)
        warm(index, questions)


def cold(index: Path, questions: list[str], rounds: int) -> None:
    """A new process each time, ours and the peer in turn."""
    from indexer.encoder.models import DEFAULT_MODEL, model_folder

    model = str(model_folder(DEFAULT_MODEL))
    pairs = [
        (
            seconds(lambda at=at: python(OURS, "query", questions[at], "--index", str(index))),
            seconds(lambda at=at: python(PEER, model, questions[at])),
        )
        for at in range(rounds)
    ]
    show("cold, whole `bertrieve query` against encoding alone", pairs, 1, "s")


def warm(index: Path, questions: list[str]) -> None:
    """Loaded once, ours and the peer in turn."""
    from sentence_transformers import SentenceTransformer

    from indexer.encoder import EncoderIdentity, load_question_encoder
    from indexer.encoder.models import DEFAULT_MODEL, model_folder
    from indexer.store import Reader

    reader = Reader(index)
    files = reader.questions()
    if isinstance(files, str):
        sys.exit(f"the index has no encoder for questions: {files}")
    ours = load_question_encoder(files, EncoderIdentity(**reader.encoder))
    peer = SentenceTransformer(str(model_folder(DEFAULT_MODEL)), device="cpu")
    ours.encode_question("warm"), peer.encode("warm")
    pairs = [
        (
            seconds(lambda question=question: ours.encode_question(question)),
            seconds(lambda question=question: peer.encode(question, show_progress_bar=False)),
        )
        for question in questions
    ]
    show("warm, encoding one question", pairs, 1000, "ms")


def seconds(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def python(code: str, *words: str) -> None:
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, cwd=ROOT)


def show(what: str, pairs: list[tuple[float, float]], unit: int, name: str) -> None:
    ours, theirs = (statistics.median(times) * unit for times in zip(*pairs, strict=True))
    ratio = statistics.median(peer / own for own, peer in pairs)
    print(f"{what}: {ours:.2f} {name}, sentence-transformers {theirs:.2f} {name}: {ratio:.1f} times as fast")


if __name__ == "__main__":
    main()

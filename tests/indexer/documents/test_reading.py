import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.documents import Document, read_all, reading
from indexer.errors import DocumentError

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits are those of POSIX")

# Lexbor takes time that grows with the square of the depth: a minute or so.
SLOW = b"<div>" * 200_000


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.txt" for number in range(12)]
    for number, path in enumerate(paths):
        path.write_text(f"Text number {number}.", encoding="utf-8")
    return paths


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    return {
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if (fields := _fields(stat)) and fields[1] == str(os.getpid()) and fields[0] != "Z"
    }


def _fields(stat: Path) -> list[str]:
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def soon(holds: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_paths(texts: list[Path], workers: int) -> None:
    results = list(read_all(iter(texts), workers=workers))
    assert [path for path, _ in results] == texts
    assert [result.text for _, result in results if isinstance(result, Document)] == [
        f"Text number {number}." for number in range(12)
    ]


def test_paths_are_taken_as_they_are_needed(texts: list[Path]) -> None:
    taken = []

    def paths() -> Iterator[Path]:
        for path in texts:
            taken.append(path)
            yield path

    results = read_all(paths(), workers=2)
    next(results)
    assert len(taken) <= 5
    results.close()


def test_no_paths_start_no_process() -> None:
    before = children()
    assert list(read_all([])) == []
    assert children() == before


@posix
def test_a_file_that_takes_too_long_is_named_and_the_next_one_read(texts: list[Path], tmp_path: Path) -> None:
    slow = tmp_path / "slow.html"
    slow.write_bytes(SLOW)
    results = [result for _, result in read_all([texts[0], slow, texts[1]], cpu_seconds=1)]
    assert isinstance(results[1], DocumentError) and results[1].status == "timed out"
    assert "1 seconds of CPU" in str(results[1])
    assert [type(results[0]), type(results[2])] == [Document, Document]


@posix
def test_a_file_that_takes_too_much_memory_is_named_and_the_next_one_read(
    texts: list[Path], tmp_path: Path
) -> None:
    large = tmp_path / "large.txt"
    large.write_bytes(b"many words " * 15_000_000)
    results = [result for _, result in read_all([large, texts[0]], memory=400 << 20)]
    assert isinstance(results[0], DocumentError) and results[0].status == "too large"
    assert isinstance(results[1], Document)


@posix
def test_a_file_that_waits_for_ever_is_named_and_the_next_one_read(
    texts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, time\n"
        "def audit(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('sleep.txt'):\n"
        "        time.sleep(60)\n"
        "sys.addaudithook(audit)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(reading, "_WALL_EXTRA", 0)
    (tmp_path / "sleep.txt").write_text("x")
    asleep, good = (result for _, result in read_all([tmp_path / "sleep.txt", texts[0]], cpu_seconds=0.5))
    assert isinstance(asleep, DocumentError) and asleep.status == "timed out"
    assert isinstance(good, Document)


@posix
def test_a_reader_that_crashes_is_said_and_replaced(
    texts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A module that the worker imports in place of a real one, and that dies as a broken library does.
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent("""
        import os, signal, sys
        def audit(event, args):
            if event == "open" and str(args[0]).endswith("crash.txt"):
                os.kill(os.getpid(), signal.SIGSEGV)
            if event == "open" and str(args[0]).endswith("exit.txt"):
                sys.stderr.write("last words\\n"); sys.stderr.flush(); os._exit(3)
        sys.addaudithook(audit)
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    bad = [tmp_path / "crash.txt", tmp_path / "exit.txt"]
    for path in bad:
        path.write_text("x")
    crash, good, exited, also = (result for _, result in read_all([bad[0], texts[0], bad[1], texts[1]]))
    assert isinstance(crash, DocumentError) and crash.status == "failed" and "SIGSEGV" in str(crash)
    assert isinstance(exited, DocumentError) and "last words" in str(exited)
    assert isinstance(good, Document) and isinstance(also, Document)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes through /proc")
class TestNoProcessIsLeft:
    def test_when_all_is_read(self, texts: list[Path]) -> None:
        before = children()
        assert len(list(read_all(texts, workers=2))) == 12
        assert children() == before

    def test_when_the_iterator_is_closed_in_the_middle_of_a_file(
        self, texts: list[Path], tmp_path: Path
    ) -> None:
        slow = tmp_path / "slow.html"
        slow.write_bytes(SLOW)
        before = children()
        results = read_all([texts[0], slow, *texts], workers=2)
        next(results)
        assert children() > before
        start = time.monotonic()
        results.close()
        assert time.monotonic() - start < 5
        assert children() == before
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("bertrieve-read")]

    def test_when_the_caller_fails(self, texts: list[Path]) -> None:
        before = children()
        with pytest.raises(ZeroDivisionError):
            for _ in read_all(texts, workers=2):
                _ = 1 / 0
        assert soon(lambda: children() == before)

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    def test_when_the_parent_is_ended(self, tmp_path: Path, how: signal.Signals) -> None:
        """A plain script without a main guard, ended by Ctrl-C or killed while two files are being read."""
        for number in (1, 2):
            (tmp_path / f"{number}.html").write_bytes(SLOW)
        script = tmp_path / "script.py"
        script.write_text(
            f"import signal, sys; sys.path.insert(0, {str(ROOT)!r})\n"
            # A shell that ran the tests in the background has Ctrl-C ignored, by its children too.
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from pathlib import Path\n"
            "from indexer.documents import read_all\n"
            f"print('started', flush=True)\n"
            f"print(list(read_all(sorted(Path({str(tmp_path)!r}).glob('*.html')), workers=2)))\n"
        )
        process = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None and process.stdout.readline() == b"started\n"
        workers: set[int] = set()

        def both_run() -> bool:
            workers.update(
                int(stat.parent.name)
                for stat in Path("/proc").glob("[0-9]*/stat")
                if (fields := _fields(stat)) and fields[1] == str(process.pid)
            )
            return len(workers) == 2

        assert soon(both_run)
        process.send_signal(how)
        process.communicate(timeout=20)
        assert soon(lambda: not any(_is_running(worker) for worker in workers))


def _is_running(process: int) -> bool:
    fields = _fields(Path(f"/proc/{process}/stat"))
    return bool(fields) and fields[0] != "Z"


def test_a_script_without_a_main_guard_works_from_any_folder(texts: list[Path], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from indexer.documents import read_all\n"
        f"for path, result in read_all([Path({str(texts[3])!r})]): print(result.text)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert (done.stdout, done.stderr) == ("Text number 3.\n", "")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes through /proc")
def test_a_worker_reads_many_files(texts: list[Path]) -> None:
    results = read_all([*texts, *texts])
    seen: set[int] = set()
    for _ in results:
        seen |= children()
    assert len(seen) == 1


def test_a_worker_is_cheap_to_start() -> None:
    code = (
        "import sys, indexer.documents.worker; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "torch",
        "numpy",
        "faiss",
        "streamlit",
        "pypdfium2",
        "selectolax",
        "transformers",
        "sqlalchemy",
    }

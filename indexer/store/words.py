"""The files of the lexical index: whether they are as tantivy wrote them, and opening them where nothing
can be written.

tantivy ends each of its files with a CRC and never looks at it again: damaged postings give other answers
or a panic. Its one file without a CRC, meta.json, is covered by a checksum that a writer leaves in the
settings when it closes; while one is at work, or after one was killed, meta.json is trusted.
"""

import json
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import xxhash

from indexer.errors import DamagedIndexError, IndexFolderError

__all__ = ["checksum_of_meta", "sound", "told", "verify", "writable"]

META, LOCK = "meta.json", ".tantivy-meta.lock"
PARTS = ("fast", "fieldnorm", "idx", "pos", "store", "term")
FOOTER_MAGIC = 1337
BLOCK = 1 << 20  # bytes that are read at a time


@contextmanager
def told(folder: Path, *, writing: bool = False) -> Iterator[None]:
    """Tell what tantivy raises, its panics included: DamagedIndexError, or when writing IndexFolderError."""
    try:
        yield
    except BaseException as error:
        # A Rust panic is no Exception, and its class can't be imported.
        if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        if writing:
            raise IndexFolderError(
                f"the lexical index {folder} can't be written ({reason}); mend that and try again"
            ) from error
        raise DamagedIndexError(
            f"the lexical index {folder} can't be read ({reason}); run bertrieve check --repair"
        ) from error


def checksum_of_meta(folder: Path) -> str:
    """XXH3-128 (hex) of the file that names all others."""
    with told(folder):
        return xxhash.xxh3_128_hexdigest((folder / META).read_bytes())


def verify(folder: Path, checksum: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names of all files, each of which is whole; those in `known` were found to be before.

    checksum  of meta.json as a writer left it; "" where none was closed since

    Raises DamagedIndexError.
    """
    if checksum and checksum_of_meta(folder) != checksum:
        raise DamagedIndexError(
            f"{folder / META} is damaged: its checksum is not the one written; run bertrieve check --repair"
        )
    with told(folder):
        while True:
            meta = (folder / META).read_bytes()
            names = _files(meta)
            damaged = [name for name in names - known if not sound(folder / name)]
            if not damaged:
                return frozenset(names)
            # A writer that merges files removes them once meta.json no longer names them.
            if (folder / META).read_bytes() == meta:
                raise DamagedIndexError(
                    f"{folder / min(damaged)} is damaged or missing; run bertrieve check --repair"
                )


def _files(meta: bytes) -> set[str]:
    """The names of the files that make up the state that meta.json describes."""
    try:
        deletes = {
            str(at["segment_id"]).replace("-", ""): at["deletes"] for at in json.loads(meta)["segments"]
        }
        names = {f"{stem}.{part}" for stem in deletes for part in PARTS}
        return names | {f"{stem}.{gone['opstamp']}.del" for stem, gone in deletes.items() if gone}
    except (LookupError, TypeError) as error:
        raise ValueError(f"{META} is damaged") from error


def sound(file: Path) -> bool:
    """Whether a file's CRC holds: body, then a JSON footer, then the footer's length and a mark."""
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return False
    with stream:
        size = os.fstat(stream.fileno()).st_size
        stream.seek(max(0, size - 8))
        end = stream.read(8)
        body = size - 8 - int.from_bytes(end[:4], "little")
        if int.from_bytes(end[4:], "little") != FOOTER_MAGIC or body < 0:
            return False
        stream.seek(body)
        footer = stream.read(size - 8 - body)
        stream.seek(0)
        crc = 0
        # Not at once: of a million passages one file has 100 MB.
        while block := stream.read(min(BLOCK, body - stream.tell())):
            crc = zlib.crc32(block, crc)
    try:
        return bool(json.loads(footer)["crc"] == crc)
    except (ValueError, LookupError, TypeError):
        return False


@contextmanager
def writable(folder: Path) -> Iterator[Path]:
    """`folder`, or where nothing can be written, links to its files: tantivy opens none without a lock.

    What was opened stays open when the links are gone.
    """
    if os.access(folder, os.W_OK) and os.access(folder / LOCK, os.W_OK):
        yield folder
        return
    with TemporaryDirectory(prefix="bertrieve-") as links:
        for name in {*_files((folder / META).read_bytes()), META, ".managed.json"}:
            _link(Path(links) / name, folder / name)
        yield Path(links)


def _link(link: Path, to: Path) -> None:
    try:
        link.symlink_to(to)
    except OSError:  # Windows lets few people make links
        shutil.copyfile(to, link)

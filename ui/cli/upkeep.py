"""The commands that make an index, look after it, and say what is in it."""

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import FilterOption, IndexOption, JsonOption, ModelOption, print_json

__all__ = ["check", "compact", "facets", "forget", "index", "info", "ledger"]

Patterns = list[str]
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def index(
    folder: Annotated[Path, typer.Argument(help="The folder of documents.")],
    index: IndexOption = None,
    model: ModelOption = None,
    device: Annotated[
        list[str] | None, typer.Option(help="auto, cpu, cuda, cuda:1 or mps; several times for several.")
    ] = None,
    dimensions: Annotated[
        int | None, typer.Option(help="Keep so many, of a model trained for it (Matryoshka).")
    ] = None,
    include: Annotated[Patterns | None, typer.Option(help="Only files that match; as in .gitignore.")] = None,
    exclude: Annotated[Patterns | None, typer.Option(help="Not what matches; as in .gitignore.")] = None,
    ocr: Annotated[bool, typer.Option("--ocr", help="Recognise text in pictures, with tesseract.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on after each change, until Ctrl-C.")] = False,
) -> None:
    """Bring the index in step with a folder of documents."""
    from indexer import Report, follow_folder, index_folder
    from search import Searcher
    from ui.cli import show

    run = follow_folder if watch else index_folder
    try:
        with show.indexing() as progress:
            done = run(
                folder,
                index=index,
                model=model,
                devices=device or (),
                dimensions=dimensions,
                include=include or (),
                exclude=exclude or (),
                ocr=ocr,
                watch=progress,
            )
            for number, report in enumerate((done,) if isinstance(done, Report) else done):
                show.report(report)
                if number == 0:
                    show.gone(Searcher(report.index).folders(), report.index)
    except KeyboardInterrupt:
        show.errors.print("Stopped. What was committed stays; run the same again to go on.")
        raise typer.Exit(INTERRUPTED) from None


def forget(
    folder: Annotated[Path, typer.Argument(help="As it was indexed; it need not exist any more.")],
    index: IndexOption = None,
) -> None:
    """Take a folder's documents out of the index. The folder itself is not touched."""
    from indexer import forget_folder
    from ui.cli import show

    show.forgotten(forget_folder(folder, index=index), folder)


def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Print the state of the index."""
    from search import Searcher

    searcher = Searcher(index)
    found = searcher.info()
    if as_json:
        print_json(asdict(found))
    else:
        from ui.cli import show

        show.info(found, searcher.folders())


def facets(index: IndexOption = None, filter: FilterOption = None, as_json: JsonOption = False) -> None:
    """Print what there is to filter by: values of each field and how many documents have them."""
    from search import Searcher

    found = Searcher(index).facets(filter)
    if as_json:
        print_json(found)
    else:
        from ui.cli import show

        show.facets(found)


def ledger(
    index: IndexOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Print what became of every file that was found."""
    from search import Searcher
    from search.ledger import COLUMNS

    rows = Searcher(index).ledger()
    if as_json:
        print_json(rows.to_dict())
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(row, name) for name in COLUMNS] for row in rows)
    else:
        from ui.cli import show

        show.ledger(rows)


def check(
    index: IndexOption = None,
    mend: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify every checksum and count of the index. Exit code 1 where something does not hold."""
    from indexer.repair import repair
    from indexer.store import default_index
    from indexer.store.check import check as problems_of
    from ui.cli import show

    path = index or default_index()
    if mend:
        with show.indexing() as progress:
            done = repair(path, watch=progress)
        problems, found = done.left, asdict(done)
    else:
        problems = tuple(problems_of(path))
        found = {"found": [asdict(at) for at in problems]}
    if as_json:
        print_json(found)
    elif mend:
        show.repaired(done)
    else:
        show.problems(problems)
    raise typer.Exit(1 if problems else 0)


def compact(index: IndexOption = None) -> None:
    """Merge all small segments, drop deleted vectors, and measure a large index anew where that is due.

    Indexing does all that by itself where it pays.
    """
    from indexer.source import EncoderSource
    from indexer.store import Reader, default_index
    from ui.cli import show

    reader = Reader(index or default_index())
    before = reader.info()
    source = EncoderSource(reader.folder.root, None, None)
    with source.writer() as writer:
        writer.compact(every=True)
        writer.certify(source.ask_about)
    after = reader.info()
    reader.close()
    show.compacted(before, after)

"""`bertrieve eval`: questions whose right answers are known -> an index -> measures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table
from rich.text import Text

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from indexer.encoder import DEFAULT_MODEL, load_encoder
from indexer.errors import NotAnIndexError, UsageError
from search import Searcher
from search.evaluation import (
    MODES,
    Collection,
    Judgements,
    Outcome,
    Questions,
    compare,
    evaluate,
    known_items,
    load_collection,
    load_questions,
    summary,
)
from search.evaluation import losses as worst
from search.hits import Mode
from ui.cli.show import counting, errors, indexing, output

__all__ = ["measure", "show"]


def measure(
    questions: Path | None,
    *,
    index: Path | None = None,
    known_item: bool = False,
    mode: Mode | None = None,
    against: str | None = None,
    losses: int = 0,
    whole: bool = False,
    model: str | None = None,
) -> dict[str, Any]:
    """``{"collection", "questions", "modes": {mode: {measure: mean}}, "intervals": {mode: {measure: [low,
    high]}}}``, and where asked "comparison" and "losses".

    Raises UsageError where the questions can't be read, or nothing says what to ask.
    """
    if (questions is None) != known_item:
        raise UsageError("give a BEIR folder or a file of questions, or else --known-item")
    folder = questions is not None and not questions.is_file()
    if (whole or model) and not folder:
        raise UsageError("--whole and --model say how a BEIR folder is indexed; an index has its own")
    judgements: Judgements | None = None
    if questions is not None:
        judgements = load_collection(questions) if folder else load_questions(questions)
    with _asked(judgements, index, whole=whole, model=model) as searcher:
        if judgements is None:
            judgements = known_items(searcher)
        _warn(judgements, searcher)
        outcomes = {each: _ask(searcher, judgements, each) for each in _modes(mode, against)}
        found: dict[str, Any] = {
            "collection": judgements.name,
            "questions": len(judgements.queries),
            "modes": {},
            "intervals": {},
        }
        for each, of_mode in outcomes.items():
            measures = summary(of_mode)
            found["modes"][each] = {name: at["mean"] for name, at in measures.items()}
            found["intervals"][each] = {name: [at["low"], at["high"]] for name, at in measures.items()}
        main = mode or "hybrid"
        if against:
            theirs = outcomes.get(against) or _elsewhere(Path(against), judgements, main)  # type: ignore[call-overload]
            found["comparison"] = {
                "of": main,
                "against": against,
                "measures": compare(outcomes[main], theirs),
            }
        if losses:
            found["losses"] = worst(outcomes[main], losses)
    return found


def show(found: dict[str, Any]) -> None:
    """The measures as tables, each with its interval; the comparison; the questions that went worst."""
    table = Table(title=f"{found['collection']}, {found['questions']:,} questions", box=None)
    table.add_column("")
    for mode in found["modes"]:
        table.add_column(mode)
    for name in next(iter(found["modes"].values())):
        cells = (
            f"{found['modes'][mode][name]:.3f} {_range(*found['intervals'][mode][name])}"
            for mode in found["modes"]
        )
        table.add_row(name, *cells)
    output.print(table)
    if comparison := found.get("comparison"):
        output.print(f"\n{comparison['of']} − {comparison['against']}", markup=False)
        table = Table("", "difference", "p", box=None)
        for name, at in comparison["measures"].items():
            table.add_row(
                name, f"{at['mean']:+.3f} {_range(at['low'], at['high'], sign='+')}", f"{at['p']:.4f}"
            )
        output.print(table)
    for at in found.get("losses", ()):
        rank = f"rank {at['rank']}" if at["rank"] else "not among the first 100"
        output.print(Text(f"\n{at['question']}", style="bold"), soft_wrap=True)
        output.print(f"    expected {at['expected']}: {rank}", markup=False, soft_wrap=True)
        output.print(f"    first is {at['first'] or 'nothing'}", markup=False, soft_wrap=True)


def _range(low: float, high: float, sign: str = "") -> str:
    return f"{low:{sign}.3f}..{high:{sign}.3f}"


def _modes(mode: Mode | None, against: str | None) -> list[Mode]:
    wanted = MODES if mode is None else (mode,)
    return [each for each in MODES if each in wanted or each == against]


@contextmanager
def _asked(
    judgements: Judgements | None, index: Path | None, *, whole: bool, model: str | None
) -> Iterator[Searcher]:
    """The index to ask: the user's, or for a collection one made of it, thrown away where it has no place."""
    if not isinstance(judgements, Collection):
        searcher = Searcher(index)
        yield searcher
        searcher.close()
        return
    if index is not None:
        _refuse_others(index, judgements)
    encoder = load_encoder(model or DEFAULT_MODEL)
    with TemporaryDirectory(prefix="bertrieve-") as scratch:
        place = index or Path(scratch)
        with indexing() as watch:
            index_documents(as_documents(judgements), index=place, whole=whole, encoder=encoder, watch=watch)
        searcher = Searcher(place, encoder=encoder)
        yield searcher
        searcher.close()


def _refuse_others(index: Path, collection: Collection) -> None:
    """Other documents would be found among the collection's, and the collection among a user's own."""
    try:
        searcher = Searcher(index)
    except NotAnIndexError:
        return
    own = {at.id for at in collection.entries}
    others = [row.path for row in searcher.ledger() if row.folder or row.path not in own]
    searcher.close()
    if others:
        raise UsageError(
            f"{index} holds {len(others):,} documents that are not of {collection.name}, "
            f"such as {others[0]}; give --index a folder of its own, or leave it out"
        )


def _ask(searcher: Searcher, judgements: Judgements, mode: Mode) -> list[Outcome]:
    with counting(f"asking, {mode}", len(judgements.queries)) as bar:
        return evaluate(searcher, judgements, mode, watch=lambda: bar.advance(bar.task_ids[0]))


def _elsewhere(index: Path, judgements: Judgements, mode: Mode) -> list[Outcome]:
    searcher = Searcher(index)
    outcomes = _ask(searcher, judgements, mode)
    searcher.close()
    return outcomes


def _warn(judgements: Judgements, searcher: Searcher) -> None:
    """What is expected and isn't there counts as not found: say so."""
    if isinstance(judgements, Questions):
        indexed = [row.path for row in searcher.ledger() if row.passages]
        lost = judgements.unknown_paths(indexed)
        what, where = "expected paths are not in the index", "; bertrieve ledger says why"
    elif isinstance(judgements, Collection):
        lost, what, where = judgements.absent, "relevant documents are not in corpus.jsonl", ""
    else:
        return
    if lost:
        said = f"{len(lost):,} {what} and can't be found, the first is {lost[0]}{where}"
        errors.print(said, markup=False, soft_wrap=True)


def as_documents(collection: Collection) -> Iterator[tuple[str, Document]]:
    """What `index_documents` takes. A title without a text is one: it can be found."""
    for entry in collection.entries:
        title, text = (entry.title.strip(), entry.text) if entry.text.strip() else ("", entry.title)
        yield entry.id, Document(text, tuple(paragraphs(text)), title=title)

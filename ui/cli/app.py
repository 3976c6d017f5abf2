"""The commands of `bertrieve`: each parses its words, calls one thing, and shows what comes back."""

import os
import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from indexer.errors import BertrieveError
from search.hits import Mode
from search.results import Group
from ui.cli import serving, upkeep
from ui.cli.asking import one_question
from ui.cli.options import FilterOption, IndexOption, JsonOption, ModelOption, print_json

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"bertrieve {version('bertrieve')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def every(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Semantic search over a folder of documents."""


app.command()(upkeep.index)
app.command()(upkeep.forget)


@app.command()
@one_question()
def query(
    question: Annotated[str, typer.Argument(help="In your own words.")],
    index: IndexOption = None,
    k: Annotated[int, typer.Option("-k", help="How many passages, 1 to 1,000.")] = 10,
    mode: Annotated[Mode, typer.Option(help="What to search by.")] = "hybrid",
    group: Annotated[
        Group | None, typer.Option(help="document: the k best documents, each with its best passages.")
    ] = None,
    collapse: Annotated[bool, typer.Option(help="Show what says the same only once.")] = True,
    filter: FilterOption = None,
    reranker: Annotated[
        str | None, typer.Option(help="A cross-encoder that reads the first 30 hits: a hub name or a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the passages nearest to a question."""
    from search import Searcher
    from search.reranker import Reranker

    hits = Searcher(index).query(
        question,
        k,
        mode=mode,
        collapse=collapse,
        group=group,
        filter=filter,
        reranker=Reranker(reranker) if reranker else None,
    )
    if as_json:
        print_json(hits.to_dict())
    else:
        from ui.cli import show

        show.results(hits)


@app.command()
@one_question()
def answer(
    question: Annotated[str, typer.Argument(help="In your own words.")],
    index: IndexOption = None,
    reader: Annotated[
        str | None, typer.Option(help="A question-answering model: a hub name or a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the sentence that answers a question, in its passage."""
    from search import Searcher
    from search.spans import SpanReader

    found = Searcher(index).answer(question, reader=SpanReader(reader) if reader else None)
    if as_json:
        print_json(found.to_dict())
    else:
        from ui.cli import reasons

        reasons.answer(found)


@app.command()
@one_question()
def explain(
    question: Annotated[str, typer.Argument(help="In your own words.")],
    index: IndexOption = None,
    rank: Annotated[int, typer.Option(min=1, max=1_000, help="Which hit, from 1.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Print why a hit was found: what each word and sentence gives to its score."""
    from indexer.errors import UsageError
    from search import Searcher

    searcher = Searcher(index)
    hits = searcher.query(question, min(rank + 1, 1_000))
    if not hits:
        raise UsageError(f"{hits.nothing}, so there is nothing to explain")
    if len(hits) < rank:
        raise UsageError(f"there is no hit {rank}, the question has {len(hits)}; give a smaller --rank")
    hit, below = hits[rank - 1], hits[rank] if len(hits) > rank else None
    found = hit.explain()
    above = searcher.difference(question, hit.passage_id, below.passage_id) if below else None
    if as_json:
        difference = above.to_dict() if above else None
        print_json({"hit": hit.to_dict(), "explanation": found.to_dict(), "difference": difference})
    else:
        from ui.cli import reasons

        reasons.explanation(hit, found)
        if above and below:
            reasons.difference(above, below)


for command in (upkeep.info, upkeep.facets, upkeep.ledger, upkeep.check, upkeep.compact):
    app.command()(command)


@app.command("more-like")
@one_question()
def more_like(
    likes: Annotated[list[str], typer.Argument(help="Passage ids (query --json has them), or words.")],
    unlike: Annotated[list[str] | None, typer.Option(help="What to stay away from, likewise.")] = None,
    index: IndexOption = None,
    k: Annotated[int, typer.Option("-k", help="How many passages, 1 to 1,000.")] = 10,
    mode: Annotated[Mode, typer.Option(help="What to search by.")] = "hybrid",
    as_json: JsonOption = False,
) -> None:
    """Print the passages most like some, and unlike others."""
    from search import Searcher

    wanted, unwanted = (
        [int(each) if each.isdecimal() else each for each in them] for them in (likes, unlike or [])
    )
    hits = Searcher(index).more_like(wanted, unwanted, k, mode=mode)
    if as_json:
        print_json(hits.to_dict())
    else:
        from ui.cli import show

        show.results(hits)


@app.command("eval")
def evaluate(
    questions: Annotated[
        Path | None,
        typer.Argument(help="A folder in BEIR layout, or a file of questions (.jsonl, .csv, .tsv)."),
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", help="The index asked. A BEIR folder is indexed into it.")
    ] = None,
    known_item: Annotated[
        bool, typer.Option("--known-item", help="Ask for sentences of the index's own documents.")
    ] = False,
    mode: Annotated[Mode | None, typer.Option(help="Only this one; all three when not given.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Compare with another index, or another mode, by a paired test.")
    ] = None,
    losses: Annotated[int, typer.Option(min=0, help="Show as many of the worst questions.")] = 0,
    whole: Annotated[
        bool, typer.Option("--whole", help="Of a BEIR folder: one passage a document, cut at the limit.")
    ] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how good the answers are: nDCG@10, recall, success, MRR@10, with 95% intervals."""
    from ui.cli import evaluation

    found = evaluation.measure(
        questions,
        index=index,
        known_item=known_item,
        mode=mode,
        against=against,
        losses=losses,
        whole=whole,
        model=model,
    )
    if as_json:
        print_json(found)
    else:
        evaluation.show(found)


@app.command()
def ui(
    index: IndexOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8501,
    api: Annotated[
        bool, typer.Option("--api", help="The HTTP API too, under /api, with the keys of `bertrieve serve`.")
    ] = False,
) -> None:
    """Open the web page on this machine."""
    if api:
        from search import Searcher

        Searcher(index).close()  # there has to be one: said here, not by a server that fails to start
    page = Path(__file__).parents[1] / ("with_api.py" if api else "app.py")
    settings = {"server.address": "127.0.0.1", "server.port": port, "browser.gatherUsageStats": "false"}
    words = [f"--{name}={value}" for name, value in settings.items()]
    environment = dict(os.environ)
    if index is not None:
        environment["BERTRIEVE_INDEX"] = str(index.expanduser().absolute())
    command = [sys.executable, "-m", "streamlit", "run", str(page), *words]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)


app.command()(serving.serve)
app.command("mcp")(serving.serve_agents)
app.add_typer(serving.keys, name="keys")


def main() -> None:
    """Run the command line. Exit code 2 for wrong use, 1 for failure, 130 for Ctrl-C."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where the terminal's encoding lacks a character
    try:
        app()
    except BertrieveError as error:
        _fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _fail(sentence: str, code: int) -> None:
    print(f"bertrieve: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(code)

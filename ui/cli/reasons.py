"""What the terminal shows of answers and explanations."""

from collections.abc import Iterable

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from search.explain import Difference, Explanation, Share
from search.hits import Answer, Hit
from ui.cli.show import output, results

__all__ = ["answer", "difference", "explanation"]

# From what gives nothing to what gives most.
SHADES = ("", "underline", "yellow", "bold yellow", "bold black on yellow")


def answer(found: Answer) -> None:
    """The answer marked in its passage, or else the nearest passages."""
    if found.hit is None or found.text is None:
        output.print("Nothing in these documents answers that.")
        if found.hits:
            output.print("The nearest passages:\n")
            results(found.hits)
        return
    body = Text.assemble(found.before, (found.text, "bold yellow"), found.after)
    place = Text(found.hit.place, style="bold cyan")
    if found.likelihood:
        place.append(f"  {found.likelihood}", style="dim")
    output.print(place, soft_wrap=True)
    output.print(Padding(body, (0, 0, 0, 4)))


def explanation(hit: Hit, found: Explanation) -> None:
    """Question and passage, each word the brighter the more it gives, and the shares of the sentences."""
    output.print(Text.assemble((f"{hit.rank:>2}. ", "dim"), (hit.place, "bold cyan")), soft_wrap=True)
    output.print(Padding(_shaded(found.question, found.question_words), (0, 0, 0, 4)))
    output.print(Padding(_shaded(found.prefix + found.text, found.passage_words), (1, 0, 1, 4)))
    title = f"cosine {found.cosine:.4f} (the index has {found.stored:.4f})"
    table = Table("share", "of", box=None, title=title)
    for share in found.sentences:
        table.add_row(f"{share.share:+.4f}", Text(" ".join(share.text.split())))
    output.print(table)


def difference(found: Difference, below: Hit) -> None:
    """What sets a hit above the next."""
    title = f"above the next, {below.place}: cosine {found.dense:+.4f}, BM25 {found.lexical:+.2f}"
    output.print(f"\n{title}", markup=False, soft_wrap=True)
    table = Table("cosine", "BM25", "word", box=None)
    for word in found.words:
        table.add_row(f"{word.dense:+.4f}", f"{word.lexical:+.2f}", Text(word.word))
    output.print(table)


def _shaded(text: str, shares: Iterable[Share]) -> Text:
    placed = [share for share in shares if share.end]
    largest = max((share.share for share in placed), default=0.0)
    body = Text(text)
    for share in placed:
        level = int(share.share / largest * (len(SHADES) - 1) + 0.5) if largest > 0 else 0
        body.stylize(SHADES[max(0, level)], share.start, share.end)
    return body

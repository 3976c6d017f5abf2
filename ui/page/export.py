"""Hits as files: JSON as everywhere else, and CSV for a spreadsheet."""

import csv
import io
import json

from search import Hit, Hits

__all__ = ["as_csv", "as_json"]

COLUMNS = ("rank", "score", "path", "page", "heading", "line", "text", "title", "dense", "lexical")
# A spreadsheet takes what begins with one of these for a formula, and formulas can call out.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(hits: Hits) -> str:
    """The hits as `Hits.to_dict` has them."""
    return json.dumps(hits.to_dict(), ensure_ascii=False, indent=2)


def as_csv(hits: Hits) -> str:
    """One row a hit, with a byte order mark, without which Excel garbles Chinese."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    rows.writerows([_cell(hit, column) for column in COLUMNS] for hit in hits)
    return "\ufeff" + table.getvalue()


def _cell(hit: Hit, column: str) -> object:
    value = getattr(hit, column)
    if column == "heading":
        value = " › ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

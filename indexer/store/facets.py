"""How many documents have each value of a field: what there is to filter by.

The count of a value is the number of documents that the filter ``field:value`` lets through.
"""

from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from indexer.store.filters import FIELDS
from indexer.store.ranges import year_start
from indexer.store.schema import documents, fields

__all__ = ["MAX_VALUES", "Facets", "count_facets"]

# Field -> value -> documents, the most frequent value first.
Facets = dict[str, dict[str, int]]

# Values counted of a field; an own field with more of them is no facet.
MAX_VALUES = 50

_GIVEN = frozenset(FIELDS) - {"author"}


def count_facets(connection: Connection, chosen: ColumnElement[bool]) -> Facets:
    """The facets of the documents that meet a condition: type, folder, language, modified (by year) and those
    of their own fields that have few values, some of them shared."""
    folders, years = _places_and_times(connection, chosen)
    found = {
        "type": _counted(connection, documents.c.kind, chosen),
        "folder": folders,
        "language": _languages(_counted(connection, documents.c.language, chosen)),
        "modified": years,
    }
    found |= _own(connection, chosen)
    return {name: _ordered(values) for name, values in found.items() if values}


def _counted(connection: Connection, column: ColumnElement[str], chosen: ColumnElement[bool]) -> Counter[str]:
    rows = connection.execute(select(column, func.count()).where(chosen, column != "").group_by(column))
    return Counter({row[0]: row[1] for row in rows})


def _languages(tags: Counter[str]) -> Counter[str]:
    """Languages of any country."""
    found: Counter[str] = Counter()
    for tag, count in tags.items():
        found[tag.partition("-")[0]] += count
    return found


def _places_and_times(
    connection: Connection, chosen: ColumnElement[bool]
) -> tuple[Counter[str], Counter[str]]:
    """Documents in each folder and all folders below it, and of each year."""
    holding: Counter[str] = Counter()
    years: Counter[str] = Counter()
    starts: dict[int, tuple[int, int]] = {}
    for path, modified in connection.execute(select(documents.c.path, documents.c.modified_ns).where(chosen)):
        holding[path.rpartition("/")[0]] += 1
        if modified > 0:
            years[str(_year(modified, starts))] += 1
    folders: Counter[str] = Counter()
    for folder, count in holding.items():
        while folder:
            folders[folder] += count
            folder = folder.rpartition("/")[0]
    return folders, years


def _year(modified: int, starts: dict[int, tuple[int, int]]) -> int:
    """The year of a time, here."""
    for year, (low, high) in starts.items():
        if low <= modified < high:
            return year
    year = datetime.fromtimestamp(modified / 1e9).year
    starts[year] = year_start(year), year_start(year + 1)
    return year


def _own(connection: Connection, chosen: ColumnElement[bool]) -> dict[str, Counter[str]]:
    among = fields.c.document_id.in_(select(documents.c.id).where(chosen))
    rows = connection.execute(
        select(fields.c.name, func.min(fields.c.value), func.count())
        .where(among, fields.c.listed, fields.c.name.not_in(_GIVEN))
        .group_by(fields.c.name, fields.c.folded)
    )
    found: dict[str, Counter[str]] = {}
    for name, value, count in rows:
        found.setdefault(name, Counter())[value] = count
    return {
        name: values
        for name, values in found.items()
        if len(values) == 1 or (len(values) <= MAX_VALUES and max(values.values()) > 1)
    }


def _ordered(values: Counter[str]) -> dict[str, int]:
    return dict(sorted(values.items(), key=lambda at: (-at[1], at[0]))[:MAX_VALUES])

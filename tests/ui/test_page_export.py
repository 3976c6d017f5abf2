"""Hits as files."""

import csv
import io
import json

from search import Hit, Hits
from ui.page.export import as_csv, as_json


def hit(text, path="a.md"):
    place = {"page": 2, "heading": ("A", "B"), "line": 3, "last_line": 4, "start": 0, "end": len(text)}
    own = {"title": "T", "document_id": 1, "passage_id": 7, "dense": 0.25}
    return Hit(rank=1, score=0.5, path=path, text=text, **place, **own)


def test_json_is_what_every_other_way_gives():
    hits = Hits("q", "dense", (hit("句子"),))
    assert json.loads(as_json(hits)) == hits.to_dict()


def test_csv_can_be_read_back():
    made = as_csv(Hits("q", "dense", (hit('two\nlines, "quoted"'), hit("句子"))))
    assert made[0] == "\ufeff"
    rows = list(csv.DictReader(io.StringIO(made[1:])))
    assert [row["text"] for row in rows] == ['two\nlines, "quoted"', "句子"]
    assert (rows[0]["heading"], rows[0]["dense"], rows[0]["lexical"]) == ("A › B", "0.25", "")


def test_no_cell_is_a_formula():
    [row] = csv.DictReader(io.StringIO(as_csv(Hits("q", "dense", (hit("=HYPERLINK(1)", "@x.md"),)))[1:]))
    assert (row["text"], row["path"]) == ("'=HYPERLINK(1)", "'@x.md")

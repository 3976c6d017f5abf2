"""The text of a filter: what it means, that it prints as it is read, and what is said of a wrong one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UsageError
from search.filters import And, Compare, Filter, Is, Not, Or, parse

PDF, RECENT = Is("type", ("pdf",)), Compare("modified", ">=", "2025-01-01")

READ = {
    "type:pdf": PDF,
    "  type : pdf ": PDF,
    "type=pdf": PDF,
    "TYPE:pdf": PDF,
    "type:pdf modified>=2025-01-01": And((PDF, RECENT)),
    "type:pdf AND modified>=2025-01-01": And((PDF, RECENT)),
    "type:pdf OR modified>=2025-01-01": Or((PDF, RECENT)),
    "type:pdf type:pdf OR modified>=2025-01-01": Or((And((PDF, PDF)), RECENT)),
    "type:pdf (type:pdf OR modified>=2025-01-01)": And((PDF, Or((PDF, RECENT)))),
    "-type:pdf": Not(PDF),
    "NOT (type:pdf modified>=2025-01-01)": Not(And((PDF, RECENT))),
    "type:pdf,docx": Is("type", ("pdf", "docx")),
    'title:"a, (b) OR c",d': Is("title", ("a, (b) OR c", "d")),
    r'title:"say \"hi\""': Is("title", ('say "hi"',)),
    r"title:what\?": Is.exactly("title", "what?"),
    "folder:reports/*": Is("folder", ("reports/*",)),
    "url:https://example.org/a-b": Is("url", ("https://example.org/a-b",)),
    '"last editor":Wu': Is("last editor", ("Wu",)),
    "size>10MB": Compare("size", ">", "10MB"),
    "page <= 3": Compare("page", "<=", "3"),
    "type：pdf，docx": Is("type", ("pdf", "docx")),
    "（type：pdf OR 部门：财务、法务）": Or((PDF, Is("部门", ("财务", "法务")))),
    "title：“年度 报告”": Is("title", ("年度 报告",)),
    "modified≥2025年1月": Compare("modified", ">=", "2025年1月"),
    "size＜＝１０MB": Compare("size", "<=", "10mb"),
    "－type:pdf": Not(PDF),
}


@pytest.mark.parametrize("text", READ)
def test_a_text_is_read_as(text: str) -> None:
    assert parse(text) == READ[text]


WRONG = {
    "": "the filter is empty",
    "   ": "the filter is empty",
    "type:": "at its end: a value is missing",
    "pdf": r"at character 1 \(“pdf”\): “pdf” is compared with nothing; write field:value",
    "type:pdf (size>1": r"at character 10 \(“\(size>1”\): a parenthesis is not closed",
    "type:pdf) x:1": r"at character 9 .*closes nothing",
    'type:pdf title:"a': r"at character 16 \(“\"a”\): a quotation is not closed",
    "type:pdf OR": "at its end: a comparison is missing",
    "type:pdf,,md": "at character 10 .*a value is missing",
    "NOT": "a comparison is missing",
    ":pdf": "a comparison is missing",
    "x:1 modified>=20x5": r"at character 5 \(“modified>=20x5”\): “20x5” is no date; write it as 2025, 2025",
    "modified:2025-13": "“2025-13” is no date",
    "modified:2025-02-30": "“2025-02-30” is no date",
    "size>=10XB": "“10xb” is no size; write it in bytes, such as 500, 20kB or 10MB",
    "page:-1": "“-1” is no page",
    "title>=b": "“title” has no order; compare it by title:value",
    "year>=soon": "“soon” is neither a number nor a date",
    "-" * 40 + "type:pdf": "nested too deeply",
    "(" * 4000: "nested too deeply",
    "(" * 10 + "a:b" + ")" * 9: "a parenthesis is not closed",
    "a:" + ",".join("b" * 201): "compares 201 values; at most 200",
    "a:b " * 201: "compares 201 values",
    "a:" + "b" * 4000: "has 4,002 characters; at most 4,000",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_text_is_one_sentence_with_its_place(text: str) -> None:
    with pytest.raises(UsageError, match=WRONG[text]) as raised:
        parse(text)
    assert "\n" not in str(raised.value)


words = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())
names = st.sampled_from(["type", "folder", "title", "author", "部门", "last editor"]) | words.filter(
    lambda name: name.casefold().strip() not in ("size", "modified", "page")
)
leaves = st.one_of(
    st.builds(Is, names, st.lists(st.text(max_size=12), min_size=1, max_size=3).map(tuple)),
    st.builds(Is.exactly, names, words),
    st.builds(Is, st.just("page"), st.integers(0, 10**6).map(lambda page: (str(page),))),
    st.builds(
        Compare,
        st.sampled_from(["size", "year"]),
        st.sampled_from([">=", ">", "<=", "<"]),
        st.integers(0, 10**9).map(str),
    ),
    st.builds(
        Compare,
        st.sampled_from(["modified", "due"]),
        st.sampled_from([">=", "<"]),
        st.dates().map(lambda day: day.isoformat()),
    ),
)


def joined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, parts))


@given(st.recursive(leaves, joined, max_leaves=8).filter(lambda tree: str(tree).count("(") < 12))
def test_a_tree_prints_as_the_text_that_gives_it_again(tree: Filter) -> None:
    assert parse(str(tree)) == tree


@given(st.text(st.sampled_from('ab:：=<>≥()（） "“”\\,，-*?ORNTD0123\n'), max_size=40))
def test_any_text_gives_a_tree_or_a_sentence(text: str) -> None:
    try:
        tree = parse(text)
    except UsageError as error:
        assert re.match(r"the filter |And|“", str(error))
    else:
        assert parse(str(tree)) == tree

"""More like this, less like this: what is clicked stands in the address, and the hits follow it."""

import pytest
from streamlit.testing.v1 import AppTest

from search import Searcher
from tests.fake import FakeEncoder
from tests.ui.looking import html, opened, texts


def paths(page):
    return [place.css_first("bdi").text() for place in html(page).css(".bv-hit .bv-place")]


def number(page, name):
    return int("".join(page.query_params[name]))


@pytest.fixture
def ids(index):
    hits = Searcher(index, encoder=FakeEncoder()).query("padding", mode="lexical")
    others = Searcher(index, encoder=FakeEncoder()).query("二元切分", mode="lexical")
    return hits[0].passage_id, others[0].passage_id


def test_more_and_less_like_this_are_what_the_searcher_finds(index, ids):
    liked, unliked = ids
    page = opened(q="token vectors")
    page.button(key=f"like-{liked}").click().run()
    page.button(key=f"unlike-{unliked}").click().run()
    assert (number(page, "like"), number(page, "unlike")) == (liked, unliked)
    hits = Searcher(index, encoder=FakeEncoder()).more_like(["token vectors", liked], [unliked])
    assert paths(page) == [hit.path for hit in hits]
    assert [button.label for button in page.button if button.key.startswith("drop-")] == [
        "Padding",
        "检索\\.txt",
    ]
    assert not texts(page, ".bv-answer")  # it would answer the question, not what was liked


def test_a_passage_is_liked_or_not_never_both(ids):
    page = opened(q="token vectors", unlike=f"{ids[0]},{ids[1]}")
    page.button(key=f"drop-unlike-{ids[1]}").click().run()
    assert number(page, "unlike") == ids[0]
    page.query_params["like"] = str(ids[1])
    page.run()
    steer = AppTest.from_function(_like_what_was_not, args=(ids[0],))
    steer.query_params.update(unlike=str(ids[0]))
    assert (number(steer.run(), "like"), "unlike" in steer.query_params) == (ids[0], False)
    page.button(key="back").click().run()
    assert {"like", "unlike"}.isdisjoint(page.query_params)


def _like_what_was_not(passage_id):
    from ui.page.liking import _add

    _add("like", passage_id)


def test_likes_without_a_question_and_within_a_filter(index, ids):
    hits = Searcher(index, encoder=FakeEncoder()).more_like([ids[0]], filter="type:md")
    assert hits
    assert paths(opened(like=str(ids[0]), filter="type:md")) == [hit.path for hit in hits]


@pytest.mark.parametrize("like", ["999999", "x", "1" * 40, ",,", "0"])
@pytest.mark.usefixtures("index")
def test_likes_that_are_nothing_are_passed_over(like):
    assert texts(opened(q="padding", like=like, unlike=like), ".bv-hit")


@pytest.mark.usefixtures("index")
def test_another_question_leaves_the_likes_behind(ids):
    page = opened(q="padding", like=str(ids[1]))
    page.text_input(key="q").set_value("mean pooling").run()
    assert "like" not in page.query_params

"""Several indexes beside one another, without a browser: choosing, making, and names that are none."""

import shutil

import pytest

from tests.ui.looking import HOSTILE, html, opened, texts
from ui.page.indexes import beside, named, title
from ui.page.labels import LABELS

NO_NAMES = ["../x", "a/b", "a\\b", "..", " ", ".", "x.", HOSTILE, "x" * 65, "a:b", "tab\tx"]


def menu(page):
    """What the menu of indexes is called, and what it offers; None where there is none."""
    found = page.get("menu_button")
    return (found[0].proto.label, list(found[0].proto.options)) if found else None


def made(page, name):
    """The page after the form for another index was sent."""
    page.text_input(key="index-name").set_value(name)
    next(button for button in page.button if button.label == LABELS["en"].another_button).click().run()
    assert not page.exception
    return page


def test_one_index_needs_no_menu(index):
    (index.parent / "no-index").mkdir()
    assert menu(opened()) is None


def test_the_others_are_those_beside_it(index):
    for other in (".合同", "b*c*"):
        shutil.copytree(index, index.with_name(other))
    assert menu(opened()) == ("index", ["合同"])  # "*" is no part of a name that every system takes
    page = opened(index=".合同", q="mean pooling")
    assert menu(page) == ("合同", ["index"])
    assert "guide/pooling.md" in texts(page, ".bv-place")[0]
    assert str(index.with_name(".合同")) in html(opened(index=".合同")).text()


def test_an_index_is_made_by_its_name_and_then_its_first_documents(index, documents):
    page = made(opened(view="library", q="padding", filter="type:md"), "合同")
    assert page.query_params == {"view": "library", "q": "padding", "index": "合同"}
    assert texts(page, ".bv-title") == [LABELS["en"].no_index_title]
    assert str(index.with_name("合同")) in texts(page, ".bv-hint code")[0]
    assert not index.with_name("合同").exists()
    assert menu(page) == ("合同", ["index"])


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_leads_nowhere_else(name, index):
    assert named(index, name) == index
    page = opened(index=name)
    assert texts(page, ".bv-tiles li") == ["4 documents", "4 passages"]
    if name.strip():
        page = made(opened(view="library"), name)
        assert texts(page, ".bv-notice p") == [LABELS["en"].no_name.format(name)]
        assert "index" not in page.query_params


def test_a_folder_that_is_no_index_is_left_alone(index):
    index.with_name("photos").mkdir()
    page = made(opened(view="library"), "photos")
    assert "photos" in texts(page, ".bv-notice p")[0]
    assert "index" not in page.query_params


def test_where_the_first_is_hidden_the_others_are(tmp_path, index, monkeypatch):
    hidden = index.rename(tmp_path / ".bertrieve")
    monkeypatch.setenv("BERTRIEVE_INDEX", str(hidden))
    page = made(opened(view="library"), "contracts")
    assert page.query_params["index"] == ".contracts"
    assert title(hidden.with_name(".contracts")) == "contracts"
    assert beside(hidden) == [hidden]

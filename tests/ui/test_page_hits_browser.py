"""What can be done with hits in a real browser: filters, groups, export, more like this, alike, pages."""

import csv
import json
import re
from pathlib import Path

import pytest

from indexer import index_folder
from tests.fake import FakeEncoder
from tests.ui.browsing import first_card, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BURROW = (
    "A wombat digs a burrow of many metres, sleeps in it by day, and comes out at dusk to graze on grass."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a server shows notes in two folders and two kinds, two of which say the same."""
    folder = tmp_path_factory.mktemp("hits")
    for at in range(12):
        file = (
            folder / "documents" / ("old" if at % 2 else "new") / f"note {at:02}.{'txt' if at % 3 else 'md'}"
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"The wombat of note {at} has number {at * 7919} and lives near hill {at * 31}.\n")
    (folder / "documents" / "burrow.md").write_text(f"# Burrows\n\n{BURROW}\n")
    (folder / "documents" / "copy.txt").write_text(f"{BURROW}\n")
    index_folder(folder / "documents", index=folder / "index", encoder=FakeEncoder())
    with serving(folder) as address:
        yield address


def paths(page):
    return page.locator(".bv-hit .bv-place bdi:first-of-type").all_inner_texts()


def test_filters_are_clicked_shared_and_cleared_in_one_click(open_page):
    page = open_page("?q=wombat+note", wait=".bv-hit")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name=re.compile("^txt ")).click()
    page.wait_for_url("**filter=type%3Atxt*")
    page.get_by_role("button", name=re.compile("^old ")).click()
    page.wait_for_url("**old*")
    sync_api.expect(page.locator(".bv-hit")).to_have_count(4)
    assert all(re.match(r"old/.*\.txt", path) for path in paths(page))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_url(lambda url: "filter=" not in url)
    sync_api.expect(page.locator(".bv-hit")).to_have_count(10)


def test_the_empty_state_says_which_filter_hides_how_many(open_page):
    page = open_page("?q=wombat+note&mode=lexical&filter=folder:old+path:burrow.md", wait=".bv-notice")
    said = page.locator(".bv-notice").inner_text()
    assert "Without folder:old: 1 passage" in said
    assert re.search(r"Without path:\S*: 6 passages", said)
    page.locator("[data-testid=stMain] button").get_by_text("Clear filters").last.click()
    sync_api.expect(page.locator(".bv-hit")).to_have_count(10)


def test_hits_are_saved_as_csv_and_json(open_page):
    page = open_page("?q=wombat&lang=zh", wait=".bv-hit")
    kept = {}
    for kind in ("CSV", "JSON"):
        page.get_by_role("button", name="导出", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"导出为 {kind}").click()
        page.keyboard.press("Escape")
        with Path(download.value.path()).open(encoding="utf-8-sig") as file:
            kept[kind] = list(csv.DictReader(file)) if kind == "CSV" else json.load(file)["hits"]
    assert [row["path"] for row in kept["CSV"]] == [hit["path"] for hit in kept["JSON"]]
    assert [row["path"] for row in kept["CSV"]][:10] == paths(page)


def test_pages_turn_and_turn_back(open_page):
    page = open_page("?q=wombat", wait=".bv-hit")
    first = paths(page)
    page.get_by_test_id("stPagination").get_by_role("button", name="2").click()
    page.wait_for_url("**page=2*")
    sync_api.expect(page.locator(".bv-hit")).not_to_have_count(10)
    assert not set(paths(page)) & set(first)
    page.go_back()
    sync_api.expect(page.locator(".bv-hit")).to_have_count(10)
    assert paths(page) == first


def test_alike_hits_are_one_and_more_like_this_is_taken_back(open_page):
    page = open_page("?q=burrow+at+dusk&mode=lexical", wait=".bv-hit")
    card = page.locator("[class*=st-key-hit-]").filter(has_text="many metres")
    sync_api.expect(card).to_have_count(1)
    card.get_by_role("button", name="and 1 alike").click()
    both = page.locator(".bv-places").inner_text() + card.inner_text()
    assert "burrow.md" in both and "copy.txt" in both
    page.keyboard.press("Escape")
    card.get_by_role("button", name="More like this").click()
    page.wait_for_url("**like=*")
    page.locator(".st-key-likes").wait_for()
    page.go_back()
    page.wait_for_url(lambda url: "like=" not in url)
    first_card(page, "burrow.md" if "burrow.md" in card.inner_text() else "copy.txt")


def test_by_document_and_in_another_language(open_page):
    page = open_page("?q=wombat", wait=".bv-hit")
    page.get_by_text("By document").click()
    page.wait_for_url("**group=document*")
    page.get_by_role("radio", name="中文").click()
    page.wait_for_url("**lang=zh*")
    sync_api.expect(page.locator(".bv-summary")).to_contain_text("篇文档")
    sync_api.expect(page.locator(".st-key-q input")).to_have_value("wombat")
    assert len(set(paths(page))) == len(paths(page))


def test_the_sentence_that_answers_stands_above_the_hits_or_it_is_said_that_none_does(open_page):
    page = open_page("?q=burrow+of+many+metres,+comes+out+at+dusk", wait=".bv-hit")
    sync_api.expect(page.locator(".bv-answer blockquote")).to_contain_text("comes out at dusk")
    sync_api.expect(page.locator(".bv-answer .bv-hint b")).to_have_text(re.compile("likely|possible"))
    page.locator(".st-key-open-answer button").click()
    sync_api.expect(page.locator("[role=dialog] .bv-here")).to_contain_text("comes out at dusk")
    page = open_page("?q=parliament+elects+senators", wait=".bv-hit")
    sync_api.expect(page.locator(".bv-notice")).to_contain_text("Nothing in these documents answers that")


def test_why_a_hit_was_found_is_a_picture_with_words_and_figures(open_page):
    page = open_page("?q=burrow+of+many+metres,+comes+out+at+dusk", wait=".bv-hit")
    page.locator("[class*=st-key-why-] button").first.click()
    page.wait_for_url("**as=why*")
    why = page.locator("[role=dialog] .bv-why")
    sync_api.expect(why.first).to_contain_text("By sentence")
    darkest = why.first.locator(".bv-share").evaluate_all(
        "all => all.filter(one => one.style.getPropertyValue('--bv-depth') === '100%').length"
    )
    assert darkest >= 2  # one of the question, one of the passage
    sync_api.expect(why.last).to_contain_text("Why it stands above the next hit")
    assert why.last.locator("tbody tr").count() >= 5

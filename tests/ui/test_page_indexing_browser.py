"""Indexes in a real browser: dropped files, a run that two windows watch, another index, the API beside."""

import json
import urllib.error
import urllib.request

import pytest

from indexer import index_folder
from tests.fake import FakeEncoder
from tests.ui.browsing import Watched, first_card, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

# What a person does who drags a file from the desktop: no script can hold the file itself.
DROP = """(target, [name, text]) => {
    const files = new DataTransfer();
    files.items.add(new File([text], name));
    for (const kind of ["dragenter", "dragover", "drop"])
        target.dispatchEvent(new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An index of one document, and documents for others."""
    made = tmp_path_factory.mktemp("indexing")
    write(made / "documents" / "quokka.md", "# Animals\n\nA quokka hops.\n")
    for at in range(40):
        write(made / "more" / f"{at:02}.md", f"# Note {at}\n\nThe wombat digs hole {at}.\n")
    index_folder(made / "documents", index=made / "index", encoder=FakeEncoder())
    return made


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder, "with_api.py") as address:
        yield address


def asked(page, question):
    box = page.locator(".st-key-q input")
    box.wait_for()
    for _ in range(100):  # the script that listens to keys may come after the box
        page.keyboard.press("Control+k")
        if box.evaluate("box => box === document.activeElement"):
            break
        page.wait_for_timeout(50)
    page.keyboard.type(question)
    page.keyboard.press("Enter")


def test_a_dropped_file_is_found_a_moment_later(open_page, folder):
    page = open_page("?view=library", wait=".st-key-folder-0")
    area = page.get_by_test_id("stFileUploaderDropzone")
    area.evaluate(DROP, ["袋熊.txt", "袋熊的粪便是方形的。"])
    sync_api.expect(page.get_by_text("袋熊.txt")).to_be_visible()
    page.get_by_role("button", name="Add these files").click()
    sync_api.expect(page.locator(".bv-tiles")).to_contain_text("2 documents")
    assert (folder / "index-files" / "袋熊.txt").is_file()
    page.get_by_role("radio", name="Search", exact=True).click()
    asked(page, "袋熊")
    first_card(page, "袋熊.txt")


def test_a_run_is_seen_by_every_window_and_by_the_api_and_stopped_from_another(open_page, folder, address):
    (folder / "hold").touch()
    try:
        one = open_page("?view=library", wait=".st-key-folder-0")
        one.get_by_label("Folder of documents").fill(str(folder / "more"))
        one.get_by_role("button", name="Index this folder").click()
        said = "40 files"
        sync_api.expect(one.get_by_role("status")).to_contain_text(said)
        other = open_page("?lang=zh&view=library", wait=".st-key-stop")
        sync_api.expect(other.get_by_role("status")).to_contain_text("40 个文件")
        one.reload()
        sync_api.expect(one.get_by_role("status")).to_contain_text(said)
        assert api(address, "sync")["state"] == "running"
        other.get_by_role("button", name="停止").click()
        sync_api.expect(one.get_by_role("button", name="Stopping …")).to_be_disabled()
    finally:
        (folder / "hold").unlink()
    sync_api.expect(one.locator(".bv-notice")).to_contain_text("Indexing was stopped")
    sync_api.expect(other.locator(".bv-notice")).to_contain_text("已停止建立索引")
    assert api(address, "sync")["state"] == "cancelled"


def api(address, path, **body):
    """What the API beside the page answers."""
    request = urllib.request.Request(f"{address}api/v1/{path}", headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, json.dumps(body).encode() if body else None) as answer:
        return json.load(answer)


def test_the_api_beside_the_page_finds_what_the_page_finds(address):
    assert api(address, "search", query="quokka", k=1)["hits"][0]["path"] == "quokka.md"
    strange = urllib.request.Request(f"{address}api/v1/info", headers={"host": "evil.test"})
    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(strange)


def test_a_re_index_is_found_by_the_next_question_without_a_reload(open_page, folder):
    page = open_page("?q=quokka")
    first_card(page, "quokka.md")
    write(folder / "documents" / "numbat.md", "# Animals\n\nA numbat eats termites.\n")
    index_folder(folder / "documents", index=folder / "index", encoder=FakeEncoder())
    asked(page, "numbat termites")
    first_card(page, "numbat.md")


def test_another_index_is_made_chosen_and_left_again(open_page, folder):
    page = open_page("?view=library", wait=".st-key-another")
    page.get_by_label("Name", exact=True).fill("wombats")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**index=wombats*")
    page.get_by_label("Folder of documents").fill(str(folder / "more"))
    page.get_by_role("button", name="Index this folder").click()
    sync_api.expect(page.locator(".bv-tiles")).to_contain_text("40 documents")
    page.get_by_role("radio", name="Search", exact=True).click()
    asked(page, "wombat hole")
    first_card(page, ".md")
    page.get_by_role("button", name="wombats").click()
    page.get_by_role("menuitem", name="index", exact=True).click()
    page.wait_for_url(lambda url: "index=" not in url)
    sync_api.expect(page.locator(".st-key-q input")).to_have_value("wombat hole")
    page.go_back()
    page.wait_for_url("**index=wombats*")
    sync_api.expect(page.locator(".bv-hit")).to_have_count(10)


def test_recent_questions_by_keyboard(open_page):
    page = open_page()
    asked(page, "quokka hops")
    first_card(page, "quokka.md")
    page.keyboard.press("Control+k")
    page.keyboard.press("Delete")
    chip = page.get_by_role("navigation", name="Recent questions").get_by_role("button", name="quokka hops")
    sync_api.expect(chip).to_be_visible()
    for _ in range(12):  # modes and filters lie between
        page.keyboard.press("Tab")
        if chip.evaluate("chip => chip === document.activeElement"):
            break
    page.keyboard.press("Enter")
    first_card(page, "quokka.md")
    page.reload()
    page.go_back()
    sync_api.expect(page.locator(".st-key-q input")).to_have_value("quokka hops")


def test_off_this_machine_the_password_comes_first(browser, folder):
    # 127.0.0.2 reaches no other machine either, but isn't the address that counts as this one.
    with serving(
        folder, host="127.0.0.2", BERTRIEVE_PASSWORD="袋熊 wombat", STREAMLIT_SERVER_ALLOWED_HOSTS="*"
    ) as at:
        pages = Watched(browser, at)
        page = pages("?q=quokka", wait="input[type=password]")
        assert "quokka.md" not in page.content()
        page.locator("input[type=password]").fill("guess")
        page.keyboard.press("Enter")
        sync_api.expect(page.locator(".bv-notice")).to_contain_text("not the password")
        assert "quokka.md" not in page.content()
        page.locator("input[type=password]").fill("袋熊 wombat")
        page.keyboard.press("Enter")
        first_card(page, "quokka.md")
        assert pages.close() == []

"""The page in a real browser: what a person sees and types, and what must never happen."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from indexer import index_folder
from tests.fake import FakeEncoder
from tests.ui.browsing import ROOT, first_card, serving
from tests.ui.looking import HOSTILE
from tests.ui.payloads import PAYLOADS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

HOSTILE_TEXT = f"""# {HOSTILE}

<script>alert(2)</script> <svg onload=alert(3)> </div></article> ![](http://evil.test/i.png)
[a link](javascript:alert(4)) <style>body {{ display: none }}</style> $\\href{{javascript:alert(5)}}{{x}}$
<iframe src="http://evil.test"></iframe> hostile {"x" * 400}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a server shows an index of four documents and thirty that attack."""
    folder = tmp_path_factory.mktemp("page")
    documents = folder / "documents"
    documents.mkdir()
    shutil.copy(ROOT / "data" / "documents" / "models" / "bert.pdf", documents)
    (documents / "检索.txt").write_text("中文没有空格，按二元切分来检索。", encoding="utf-8")
    (documents / f"{HOSTILE}.md").write_text(HOSTILE_TEXT)
    (documents / "quokka.md").write_text("# Animals\n\nA quokka hops.\n")
    for at, payload in enumerate(PAYLOADS):
        # A name can hold all but "/", and not more than 255 bytes.
        name = f"{at:02} {payload.replace('/', '∕')[:70]}.txt"
        (documents / name).write_text(f"payload {at}: {payload}")
    index_folder(documents, index=folder / "index", encoder=FakeEncoder())
    with serving(folder) as address:
        yield address


def test_typing_finds_as_one_types(open_page):
    page = open_page("?mode=lexical")
    page.locator("input[type=search]").press_sequentially("masked words per cent", delay=10)
    card = first_card(page, "bert.pdf › page 1 › BERT".replace(" › ", "›"))
    assert card.locator(".bv-kind").inner_text() == "PDF"
    assert card.locator(".bv-title").inner_text() == "Masked words"
    assert {"per", "cent", "masked"} <= set(card.locator(".bv-text mark").all_inner_texts())
    page.wait_for_url("**q=masked+words+per+cent*")


def test_a_chinese_question_in_a_chinese_browser(open_page):
    page = open_page(locale="zh-CN")
    page.get_by_placeholder("用自己的话提问").fill("怎样二元切分")
    page.keyboard.press("Enter")
    card = first_card(page, "检索.txt")
    assert card.locator(".bv-text mark").all_inner_texts() == ["二元切分"]
    sync_api.expect(page.locator(".bv-summary")).to_contain_text("个段落")


def test_the_address_brings_everything_back(open_page):
    page = open_page("?q=quokka&mode=lexical&lang=zh")
    first_card(page, "quokka.md")
    # The cards may come before the controls have taken their values: wait for these.
    chosen = page.locator("[role=radio][aria-checked=true]")
    sync_api.expect(chosen).to_have_text(["搜索", "中文", "字词"])
    page.get_by_role("radio", name="语义", exact=True).click()
    page.wait_for_url("**mode=dense*")
    page.go_back()
    page.wait_for_url("**mode=lexical*")
    assert page.locator("input[type=search]").input_value() == "quokka"


def test_ctrl_k_goes_to_the_question(open_page):
    page = open_page("?q=quokka&mode=lexical")
    box = page.locator("input[type=search]")
    sync_api.expect(box).to_be_focused()  # as it is from the start
    page.get_by_role("radio", name="Words", exact=True).focus()
    page.keyboard.press("Control+k")
    sync_api.expect(box).to_be_focused()
    page.keyboard.type("masked words")
    first_card(page, "bert.pdf")


def test_a_click_on_a_title_opens_the_page_with_the_passage_marked(open_page):
    page = open_page("?q=masked+words&mode=lexical")
    title, drawer = first_card(page, "bert.pdf").locator(".bv-title"), page.get_by_role("dialog")
    for _ in range(10):  # the script that listens for clicks may come after the hits
        title.click()
        with suppress(AssertionError):
            sync_api.expect(drawer).to_have_count(1, timeout=2_000)
            break
    picture = drawer.get_by_role("img", name="Page 1 of the document")
    sync_api.expect(picture).to_be_visible()
    page.wait_for_url("**open=*")
    with page.expect_download() as download:
        drawer.get_by_text("Download the original").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    page.go_back()
    sync_api.expect(drawer).to_have_count(0)


def test_a_text_opens_at_its_passage(open_page):
    page = open_page("?q=hostile&mode=lexical")
    first_card(page, f"{HOSTILE}.md")
    page.locator("[class*=st-key-open-] button").first.click()
    here = page.locator("[role=dialog] .bv-here")
    sync_api.expect(here).to_contain_text("<script>alert(2)</script>")
    assert page.locator("[role=dialog]").locator("script, style, iframe, a").count() == 0


def test_hostile_documents_do_nothing(open_page):
    page = open_page("?q=hostile&mode=lexical")
    card = first_card(page, f"{HOSTILE}.md")
    assert "<script>alert(2)</script>" in card.locator(".bv-text").inner_text()
    assert card.locator("img, script, style, svg, iframe, a").count() == 0
    page.goto(f"{page.url.split('?')[0]}?q={HOSTILE}%22%27%3Cscript%3Ealert(6)%3C/script%3E&lang={HOSTILE}")
    page.locator(".bv-about").first.wait_for()
    page.wait_for_timeout(300)


def test_thirty_payloads_in_names_and_text_do_nothing(open_page):
    seen = set()
    for number in (1, 2, 3):
        page = open_page(f"?q=payload&mode=lexical&page={number}")
        page.locator("[class*=st-key-hit-]").nth(9).wait_for()
        cards = page.locator(".bv-hit")
        assert cards.locator("img, script, style, svg, iframe, a, form, input, math, object").count() == 0
        seen |= {text.partition(":")[0] for text in cards.locator(".bv-text").all_inner_texts()}
    assert len(seen) == len(PAYLOADS) == 30
    page.locator("[class*=st-key-open-] button").first.click()
    page.locator("[role=dialog] .bv-here").wait_for()
    page.goto(page.url.partition("?")[0] + "?view=library")
    page.locator(".st-key-folder-0").wait_for()
    page.wait_for_timeout(300)


def test_a_point_of_the_map_shows_hostile_text_as_text_and_opens_it(open_page):
    page = open_page()
    page.goto(page.url.partition("?")[0] + "?view=map")
    points = page.locator("[data-testid=stVegaLiteChart] .mark-symbol path")
    points.nth(30).wait_for(timeout=60_000)  # scikit-learn has to be loaded
    page.wait_for_timeout(500)
    tip, shown = page.locator("#vg-tooltip-element"), 0
    for at in range(0, 30, 3):  # some lie under others, or under a name
        points.nth(at).hover(force=True)
        page.wait_for_timeout(100)
        shown += tip.is_visible()
        assert tip.locator("img, script, style, svg, iframe, a, form, object").count() == 0
    assert shown
    for at in range(0, 30, 3):
        points.nth(at).click(force=True)
        with suppress(sync_api.TimeoutError):
            page.wait_for_url("**open=*", timeout=1_500)
            break
    sync_api.expect(page.locator("[role=dialog] .bv-here")).to_be_visible()


def test_questions_of_ones_own_are_evaluated_and_each_lost_one_leads_to_its_search(open_page, tmp_path):
    (tmp_path / "mine.csv").write_text(f"question,path\nquokka,quokka.md\n{HOSTILE},nowhere.md\n")
    page = open_page(viewport={"width": 390, "height": 844})
    page.get_by_role("radio", name="Evaluation", exact=True).click()
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.csv")
    sync_api.expect(page.locator("[data-testid=stVegaLiteChart] svg")).to_be_visible()
    wide, room = page.locator("[data-testid=stMain]").evaluate("part => [part.scrollWidth, part.clientWidth]")
    assert wide <= room
    with page.expect_popup() as popup:
        page.get_by_role("link", name=HOSTILE).click()
    sync_api.expect(popup.value.locator("input[type=search]")).to_have_value(HOSTILE)
    sync_api.expect(popup.value.locator(".bv-summary")).to_be_visible()


def test_a_half_composed_word_is_not_searched_for(open_page):
    page = open_page("?mode=lexical")
    page.locator("input[type=search]").focus()
    keyboard = page.context.new_cdp_session(page)  # as an input method does it
    for typed in ("er", "er yuan"):
        keyboard.send("Input.imeSetComposition", {"text": typed, "selectionStart": 0, "selectionEnd": 0})
        page.wait_for_timeout(600)  # twice what a pause in typing takes to search
        assert "q=" not in page.url
        assert page.locator(".bv-summary, .bv-notice").count() == 0
    keyboard.send("Input.insertText", {"text": "二元"})
    first_card(page, "检索.txt")
    assert page.locator("input[type=search]").input_value() == "二元"


@pytest.mark.parametrize("query", ["", "?q=hostile", "?q=quokka&lang=zh"])
def test_a_phone_needs_no_sideways_scrolling(open_page, query):
    page = open_page(query, viewport={"width": 390, "height": 844})
    if "q=" in query:
        page.locator(".bv-hit").first.wait_for()
    for part in ("html", "[data-testid=stMain]"):
        wide, room = page.locator(part).evaluate("part => [part.scrollWidth, part.clientWidth]")
        assert wide <= room == 390
    sides = page.locator("[class*=bv-], button").evaluate_all(
        "parts => parts.map(part => part.getBoundingClientRect().right)"
    )
    assert max(sides) <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(open_page, scheme):
    page = open_page("?q=masked+words&mode=lexical", color_scheme=scheme)
    first_card(page, "bert.pdf")
    for part in (
        ".bv-text",
        ".bv-title",
        ".bv-place",
        ".bv-kind",
        ".bv-text mark",
        ".bv-match",
        ".bv-summary",
    ):
        text, ground = page.locator(part).first.evaluate(COLOURS)
        assert contrast(text, ground) >= 4.5, (part, text, ground)
    assert (luminance(ground) > 0.5) == (scheme == "light")


# Of an element's text, and of the nearest ground below it that has a colour.
COLOURS = """element => {
    const text = getComputedStyle(element).color.match(/[\\d.]+/g).map(Number);
    for (let at = element; at; at = at.parentElement) {
        const ground = getComputedStyle(at).backgroundColor.match(/[\\d.]+/g).map(Number);
        if (ground.length === 3) return [text, ground];
    }
}"""


def contrast(one, other):
    """As WCAG 2 has it, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    parts = [part / 255 for part in colour[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_two_sessions_do_not_disturb_each_other(open_page):
    one, other = open_page("?mode=lexical"), open_page("?mode=lexical", locale="zh-CN")
    one.locator("input[type=search]").fill("masked words")
    other.locator("input[type=search]").fill("二元切分")
    one.keyboard.press("Enter")
    other.keyboard.press("Enter")
    first_card(one, "bert.pdf")
    first_card(other, "检索.txt")
    assert one.locator("input[type=search]").input_value() == "masked words"

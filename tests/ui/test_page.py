"""What the page says and does, without a browser: Streamlit's own test runner and the HTML it is given."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from streamlit import config

from indexer import index_folder
from indexer.errors import BertrieveError
from indexer.store.state import put_setting
from search import Searcher
from tests.fake import FakeEncoder
from tests.ui.looking import HOSTILE, html, load_instead, opened, texts
from ui.page.labels import LABELS
from ui.page.making import keep


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_shows_what_the_searcher_finds(index, mode):
    shown = opened(q="how are token vectors pooled", mode=mode)
    hits = Searcher(index, encoder=FakeEncoder()).query("how are token vectors pooled", mode=mode)
    assert hits
    paths = [place.css_first("bdi").text() for place in html(shown).css(".bv-hit .bv-place")]
    assert paths == [hit.path for hit in hits]
    bodies = ["".join(body.split()) for body in texts(shown, ".bv-text")]
    assert all(
        body in "".join(hit.text.replace("*", "").split()) for body, hit in zip(bodies, hits, strict=True)
    )


@pytest.mark.usefixtures("index")
def test_card_has_place_title_and_marked_words():
    shown = opened(q="mean pooling", mode="lexical")
    first = html(shown).css_first(".bv-hit")
    assert first.css_first(".bv-kind").text() == "MD"
    assert first.css_first(".bv-place").text().startswith("MDguide/pooling.md›Vectors")
    assert len(first.css_first(".bv-date").text()) == len("2026-01-01")
    assert first.css_first(".bv-title").text() == "Pooling"
    assert first.css_first(".bv-text").text() == "Mean pooling averages the token vectors of a text."
    assert [mark.text() for mark in first.css(".bv-text mark")] == ["Mean", "pooling"]
    assert texts(shown, ".bv-match summary")[0] == "words match"


@pytest.mark.usefixtures("index")
def test_typing_a_question_searches():
    page = opened()
    assert not texts(page, ".bv-hit")
    page.text_input(key="q").set_value("二元切分").run()
    assert "检索.txt" in texts(page, ".bv-place")[0]
    assert texts(page, ".bv-text mark") == ["二元切分"]


@pytest.mark.usefixtures("index")
def test_nothing_for_quoted_words_says_that_they_were_quoted():
    [said] = texts(opened(q='pooling "of <zebras>"'), ".bv-notice p")
    assert said.startswith("No passage holds these very words: “of <zebras>”.")
    [said] = texts(opened(q='"of zebras" "gnus"', lang="zh"), ".bv-notice p")
    assert "“of zebras” · “gnus”" in said


@pytest.mark.usefixtures("index")
def test_choices_are_written_to_the_address():
    page = opened(q="padding")
    page.segmented_control(key="mode").set_value("dense").run()
    page.segmented_control(key="lang").set_value("zh").run()
    assert {name: page.query_params[name] for name in ("mode", "lang")} == {
        "mode": "dense",
        "lang": "zh",
    }
    page.segmented_control(key="mode").set_value("hybrid").run()
    assert "mode" not in page.query_params


@pytest.mark.parametrize(
    "address",
    [
        {"page": "999"},
        {"page": "-1"},
        {"page": "9" * 30},
        {"group": "x"},
        {"mode": "evil"},
        {"lang": HOSTILE},
    ],
)
@pytest.mark.usefixtures("index")
def test_nonsense_in_the_address_is_passed_over(address):
    assert texts(opened(q="padding", **address), ".bv-hit")


def test_hits_come_in_pages_and_a_new_question_begins_at_the_first(index, documents):
    for at in range(25):
        (documents / f"note{at:02}.md").write_text(f"Note {at:02} tells of the quokka.")
    index_folder(documents, index=index, encoder=FakeEncoder())
    found = [hit.path for hit in Searcher(index).query("quokka", 100, mode="lexical")]
    page = opened(q="quokka", mode="lexical", page="3")
    shown = [place.css_first("bdi").text() for place in html(page).css(".bv-place")]
    assert shown == found[20:]
    page.text_input(key="q").set_value("tells").run()
    assert "page" not in page.query_params
    assert len(texts(page, ".bv-hit")) == 10


@pytest.mark.usefixtures("index")
def test_hits_of_one_document_together(documents, index):
    (documents / "long.md").write_text("\n\n".join(f"# Part {at}\n\nPadding again." for at in range(4)))
    index_folder(documents, index=index, encoder=FakeEncoder())
    page = opened(q="padding", mode="lexical", group="document")
    assert [place.css_first("b").text() for place in html(page).css(".bv-place")].count("long.md") == 4
    assert [part.label for part in page.expander] == ["and 3 more passages of it"]
    page.toggle(key="grouped").set_value(False).run()
    assert "group" not in page.query_params
    assert not page.expander


@pytest.mark.usefixtures("index")
def test_chinese_labels():
    page = opened(q="检索", lang="zh")
    assert page.text_input(key="q").placeholder == LABELS["zh"].ask
    assert "个段落" in texts(page, ".bv-summary")[0]


@pytest.mark.usefixtures("index")
def test_documents_are_inert():
    tree = html(opened(q="hostile note"))
    assert not tree.css("img, script, style, iframe, a, strong")
    hostile = next(hit for hit in tree.css(".bv-hit") if "hostile" in hit.text())
    assert f"{HOSTILE}.md" in hostile.css_first(".bv-place").text()
    assert "<script>alert(2)</script> hostile note, bold" in hostile.css_first(".bv-text").text()


@pytest.mark.usefixtures("index")
def test_state_of_the_index_names_problems_first():
    page = opened()
    assert texts(page, ".bv-tiles li") == ["4 documents", "4 passages"]
    assert texts(page, ".bv-ledger h2") == ["1 file not or only partly indexed"]
    assert texts(page, ".bv-ledger li b") == ["broken.pdf"]
    assert "fake · 32 dimensions" in texts(page, ".bv-about dd")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_state_of_the_index_says_how_exact_its_search_is(index, lang):
    assert LABELS[lang].exact in texts(opened(lang=lang), ".bv-about dd")
    measured = {"kind": "IVF4096,RaBitQfs", "parameters": {"nprobe": 64}, "overlap": 0.9942, "low": 0.9917}
    measured |= {"sample": 1000, "target": 0.99, "made": "2026-01-02T03:04:05+00:00", "passages": 4}
    with create_engine(f"sqlite:///{index}/metadata.sqlite").begin() as connection:
        put_setting(connection, "certificate", {"last": 4, "passages": 4, "certificate": measured})
    (said,) = [fact for fact in texts(opened(lang=lang), ".bv-about dd") if "RaBitQ" in fact]
    assert all(part in said for part in ("99.42%", "99.17%", "99.00%", "1,000", "2026-01-02"))


@pytest.mark.usefixtures("index")
def test_nothing_found_by_words_offers_meaning():
    page = opened(q="zyzzyva", mode="lexical")
    assert texts(page, ".bv-notice h2") == [LABELS["en"].nothing_title]
    page.button[0].click().run()
    assert texts(page, ".bv-hit")


def test_a_passage_opens_among_the_text_around_it(index):
    hit = Searcher(index).query("padding", 1, mode="lexical")[0]
    page = opened(q="padding", open=str(hit.passage_id))
    assert texts(page, ".bv-here mark")[:1] == ["Padding"]
    for nonsense in ("999999", "0", "x", "9" * 40):
        opened(q="padding", open=nonsense)


def test_a_file_that_is_gone_is_said(no_index, documents):
    index_folder(documents, index=no_index, encoder=FakeEncoder())
    hit = Searcher(no_index).query("padding", 1, mode="lexical")[0]
    (documents / hit.path).unlink()
    assert LABELS["en"].file_gone in texts(opened(open=str(hit.passage_id)), ".bv-hint")


@pytest.mark.usefixtures("index")
def test_the_library_lists_every_file_those_that_failed_first():
    page = opened(view="library")
    table = page.dataframe[0].value
    assert table["File"].tolist()[0] == "broken.pdf"
    assert len(table) == 5
    page.text_input(key="files-named").set_value("GUIDE/").run()
    assert page.dataframe[0].value["File"].tolist() == ["guide/padding.md", "guide/pooling.md"]


def test_a_dropped_file_stays_in_its_folder(tmp_path):
    for name in ("../../a.md", "C:\\x\\a.md", "/etc/a.md"):
        assert keep(tmp_path / "in", name, b"text") == tmp_path / "in" / "a.md"
    assert keep(tmp_path / "in", "..", b"").parent == tmp_path / "in"


@pytest.mark.usefixtures("index")
def test_elsewhere_than_on_this_machine_nobody_comes_in_without_the_password(monkeypatch):
    config.set_option("server.address", "0.0.0.0")
    monkeypatch.setattr("ui.page.entry.WAIT_SECONDS", 0)
    shown = opened(q="padding")
    assert texts(shown, ".bv-notice h2") == [LABELS["en"].closed_title]
    monkeypatch.setenv("BERTRIEVE_PASSWORD", "quokka")
    shown = opened(q="padding")
    for word, hits in (("wombat", False), ("quokka", True)):
        shown.text_input(key="password").set_value(word)
        shown.button[0].click().run()
        assert bool(texts(shown, ".bv-hit")) == hits
    shown.segmented_control(key="view").set_value("library").run()
    assert texts(shown, ".bv-title") == [LABELS["en"].add_title, LABELS["en"].another_title]
    assert not [box for box in shown.text_input if box.key == "folder"]  # nor can any folder be read


@pytest.mark.usefixtures("index")
def test_filters_are_chosen_kept_in_the_address_and_cleared():
    page = opened(q="padding")
    page.button_group(key="filter-type").set_value(["txt"]).run()
    assert "type:txt" in page.query_params["filter"]
    assert {kind.text() for kind in html(page).css(".bv-hit .bv-kind")} == {"TXT"}
    page.button(key="clear-filters").click().run()
    assert "filter" not in page.query_params


@pytest.mark.usefixtures("index")
def test_where_a_filter_hides_all_it_is_said_which_part_hides_how_many():
    page = opened(q="padding", mode="lexical", filter="type:txt language:xx")
    assert texts(page, ".bv-notice p")[1:] == [
        "Without type:txt: 0 passages",
        "Without language:xx: 0 passages",
    ]
    page = opened(q="padding", mode="lexical", filter="type:txt")
    assert texts(page, ".bv-notice p")[1:] == ["Without type:txt: 1 passage"]


@pytest.mark.usefixtures("index")
def test_a_filter_that_cannot_be_read_is_one_sentence():
    page = opened(q="padding", filter="type:")
    assert len(texts(page, ".bv-notice[role=alert] p")) == 1
    assert page.button(key="clear-filters")


def test_the_sentence_that_answers_stands_above_the_hits(index):
    question = "how are token vectors averaged"
    answer = Searcher(index, encoder=FakeEncoder()).answer(question)
    page = opened(q=question)
    assert texts(page, ".bv-answer blockquote") == [" ".join(answer.text.split())]
    page.button(key="open-answer").click().run()
    assert str(answer.hit.passage_id) in page.query_params["open"]
    # A name asks for passages; a filter or a way to search says how, so nothing is put before the hits.
    for asked in ({"q": "pooling"}, {"q": question, "mode": "lexical"}, {"q": question, "filter": "type:md"}):
        assert not texts(opened(**asked), ".bv-answer")


def test_where_nothing_answers_the_page_says_so_above_the_passages(index, monkeypatch):
    real = Searcher.answer
    monkeypatch.setattr(
        Searcher, "answer", lambda self, *asked: replace(real(self, *asked), text=None, hit=None)
    )
    page = opened(q="how are token vectors averaged")
    assert texts(page, ".bv-notice h2") == [LABELS["en"].no_answer]
    assert texts(page, ".bv-hit")


def test_why_a_hit_was_found(index):
    hit = Searcher(index, encoder=FakeEncoder()).query("token vectors", 1)[0]
    page = opened(**{"q": "token vectors", "open": str(hit.passage_id), "as": "why"})
    assert "".join(texts(page, ".bv-shaded")[0].split()) == "tokenvectors"
    assert "Why it stands above the next hit" in texts(page, ".bv-why h3")


def test_no_index_yet(no_index):
    page = opened()
    assert texts(page, ".bv-title") == [LABELS["en"].no_index_title]
    assert str(no_index) in texts(page, ".bv-hint code")[0]
    assert not no_index.exists()


@pytest.mark.usefixtures("no_index")
def test_a_folder_that_is_not_there_is_named():
    page = indexed(opened(), "/no/such/<b>folder</b>")
    assert texts(page, ".bv-notice p") == [
        "/no/such/<b>folder</b> does not exist; give a folder of documents"
    ]


@pytest.mark.usefixtures("no_index")
def test_indexing_a_folder_from_the_page(documents):
    page = indexed(opened(), str(documents))
    assert texts(page, ".bv-tiles li") == ["4 documents", "4 passages"]
    page.text_input(key="q").set_value("mean pooling").run()
    assert "guide/pooling.md" in texts(page, ".bv-place")[0]


def indexed(page, folder):
    """The page after its form has indexed `folder`."""
    page.text_input(key="folder").set_value(folder)
    page.button[0].click().run()
    deadline = time.monotonic() + 30
    while any(button.key == "stop" for button in page.button):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        page.run()
    assert not page.exception
    return page


def test_damaged_index_is_one_sentence(index):
    (index / "metadata.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    for name in ("metadata.sqlite-wal", "metadata.sqlite-shm"):
        (index / name).unlink(missing_ok=True)
    assert said_by(index) == texts(opened(q="padding"), ".bv-notice[role=alert] p")


def test_newer_format_is_one_sentence(index):
    engine = create_engine(f"sqlite:///{index / 'metadata.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE settings SET value = '999' WHERE key = 'format'"))
    engine.dispose()
    assert said_by(index) == texts(opened(q="padding"), ".bv-notice[role=alert] p")


@pytest.mark.usefixtures("index")
def test_other_encoder_is_one_sentence(monkeypatch):
    load_instead(monkeypatch, FakeEncoder(name="other"))
    [said] = texts(opened(q="padding"), ".bv-notice[role=alert] p")
    assert said.startswith("the index was made by fake")
    assert texts(opened(q="padding", mode="lexical"), ".bv-hit")


def said_by(index):
    """The sentence of the error that opening an index raises."""
    with pytest.raises(BertrieveError) as caught:
        Searcher(index)
    return [str(caught.value)]


@pytest.mark.usefixtures("index")
def test_the_unforeseen_shows_no_traceback(monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Searcher, "query", broken)
    [said] = texts(opened(q="padding"), ".bv-notice[role=alert] p")
    assert "RuntimeError" in said
    assert "secret" not in said


@pytest.mark.usefixtures("index")
def test_sessions_share_the_searcher_and_nothing_else(monkeypatch):
    made = []
    real = Searcher.__init__
    monkeypatch.setattr(
        Searcher, "__init__", lambda self, *a, **o: (made.append(self), real(self, *a, **o))[1]
    )
    one, other = opened(q="mean pooling", mode="lexical"), opened(q="二元切分", lang="zh")
    one.run()
    assert len(made) == 1
    assert "guide/pooling.md" in texts(one, ".bv-place")[0]
    assert "检索.txt" in texts(other, ".bv-place")[0]
    assert "passage" in texts(one, ".bv-summary")[0]


def test_follows_a_re_index_and_a_new_index(index, documents):
    page = opened(q="quokka", mode="lexical")
    assert not texts(page, ".bv-hit")
    (documents / "new.md").write_text("A quokka hops.")
    index_folder(documents, index=index, encoder=FakeEncoder())
    assert len(texts(page.run(), ".bv-hit")) == 1
    index.rename(index.with_name("old"))
    assert texts(page.run(), ".st-key-make, .bv-title") == [LABELS["en"].no_index_title]
    index_folder(documents, index=index, encoder=FakeEncoder())
    assert len(texts(page.run(), ".bv-hit")) == 1

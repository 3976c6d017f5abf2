"""The evaluation's view, without a browser: figures, the questions that lost, and files that are none."""

import json
import threading
import time

import pytest

from indexer import index_folder
from search import Searcher
from search.evaluation import evaluate, load_questions, summary
from tests.fake import FakeEncoder
from tests.ui.looking import HOSTILE, html, opened, texts
from ui.page.labels import LABELS

QUESTIONS = """question,path,page,answer
mean pooling,guide/pooling.md,,
token vectors & <b>padding</b>,guide/nowhere.md,,
二元切分,检索.txt,,
"""


def evaluated(name, content, **address):
    page = opened(view="evaluation", **address)
    page.file_uploader(key="questions").set_value((name, content.encode(), "text/csv"))
    return finished(page)


def finished(page):
    """The page once the questions have been asked."""
    page.run()
    deadline = time.monotonic() + 30
    while any(button.key == "stop" for button in page.button):
        assert time.monotonic() < deadline
        time.sleep(0.02)
        page.run()
    assert not page.exception
    return page


def figures(page):
    """Measure, mode -> mean, low, high: as the plot says them aloud."""
    (chart,) = page.get("vega_lite_chart")
    return chart.proto.alt.split("; ")


def test_the_figures_are_those_of_the_evaluation(index, tmp_path):
    (tmp_path / "mine.csv").write_text(QUESTIONS)
    questions, searcher = load_questions(tmp_path / "mine.csv"), Searcher(index, encoder=FakeEncoder())
    expected = [
        f"{measure} {LABELS['en'].modes[mode]} {at['mean']:.2f} ({at['low']:.2f}–{at['high']:.2f})"
        for mode in ("hybrid", "dense", "lexical")
        for measure, at in summary(evaluate(searcher, questions, mode)).items()
    ]
    assert figures(evaluated("mine.csv", QUESTIONS)) == expected


@pytest.mark.usefixtures("index")
def test_the_questions_that_lost_lead_to_their_searches_and_missing_paths_are_told():
    page = evaluated("mine.csv", QUESTIONS, lang="zh")
    links = html(page).css(".bv-losses a")
    assert links[0].text() == "token vectors & <b>padding</b>"
    assert links[0].attributes["href"] == "?q=token+vectors+%26+%3Cb%3Epadding%3C%2Fb%3E&lang=zh"
    facts = texts(page, ".bv-losses li:first-child dd")
    assert facts[0] == f"guide/nowhere.md · {LABELS['zh'].not_found}"
    assert "guide/nowhere.md" in texts(page, ".bv-notice p")[0]


@pytest.mark.usefixtures("index")
def test_a_question_is_not_asked_again_at_every_click(monkeypatch):
    page = evaluated("mine.jsonl", json.dumps({"question": "padding", "path": "guide/padding.md"}))
    before = figures(page)
    monkeypatch.setattr("search.Searcher.query", None)
    assert figures(page.run()) == before
    page.segmented_control(key="view").set_value("library").run()
    page.segmented_control(key="view").set_value("evaluation").run()  # the file is gone from its widget
    assert figures(page) == before


def test_an_empty_index_answers_nothing(tmp_path, no_index):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "empty.txt").touch()
    index_folder(tmp_path / "nothing", index=no_index, encoder=FakeEncoder())
    page = evaluated("mine.csv", QUESTIONS)
    assert all(figure.endswith(" 0.00 (0.00–0.00)") for figure in figures(page))
    assert len(texts(page, ".bv-losses li")) == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mine.csv", "path\nx\n", "line 1: it has no column"),
        ("mine.csv", "question,path\n,x\n", "line 2: it has no question"),
        ("mine.tsv", "", "line 1"),
        ("mine.jsonl", "{", "line 1: it can't be read"),
        ("mine.jsonl", "", "the file holds no questions"),
        (f"{HOSTILE}.csv", "x", "line 1: it has no column"),
    ],
)
@pytest.mark.usefixtures("index")
def test_a_file_that_holds_no_questions_is_told_in_one_sentence(name, content, said):
    (sentence,) = texts(evaluated(name, content), ".bv-notice p")
    assert sentence.startswith(said)
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mine.csv", "path\nx\n", "第 1 行：缺少“question”列"),
        ("mine.csv", "question,path\n,x\n", "第 2 行：没有问题"),
        ("mine.csv", "question,path,page\nq,x,two\n", "第 2 行：页码是 'two'"),
        ("mine.csv", "question,path,page\nq,,2\n", "第 2 行：只有页码"),
        ("mine.csv", "question,path\nq,\n", "第 2 行：没有期望的结果"),
        ("mine.jsonl", "{", "第 1 行：无法读取"),
        ("mine.jsonl", "1", "第 1 行：不是 JSON 对象"),
        ("mine.jsonl", "", "文件里没有问题"),
    ],
)
@pytest.mark.usefixtures("index")
def test_in_chinese_too(name, content, said):
    (sentence,) = texts(evaluated(name, content, lang="zh"), ".bv-notice p")
    assert sentence.startswith(said)
    assert sentence.endswith("。")


@pytest.mark.usefixtures("index")
def test_what_nobody_foresaw_is_one_sentence(monkeypatch):
    monkeypatch.setattr("ui.page.asking.evaluate", None)
    assert texts(evaluated("mine.csv", QUESTIONS), ".bv-notice p") == [
        LABELS["en"].unexpected.format("TypeError")
    ]


@pytest.mark.usefixtures("index")
def test_a_run_can_be_stopped_and_begun_again(monkeypatch):
    asked, go_on = threading.Event(), threading.Event()

    def held(*_, watch, **__):
        asked.set()
        go_on.wait(10)
        watch()

    monkeypatch.setattr("ui.page.asking.evaluate", held)
    page = opened(view="evaluation")
    page.file_uploader(key="questions").set_value(("mine.csv", QUESTIONS.encode(), "text/csv")).run()
    assert asked.wait(10)
    assert texts(page, ".bv-title") == ["mine.csv"]
    page.button(key="stop").click().run()
    go_on.set()
    page.session_state["evaluation"]._thread.join(10)
    page.run()
    assert texts(page, ".bv-notice h2") == [LABELS["en"].stopped_asking]
    monkeypatch.setattr("ui.page.asking.evaluate", evaluate)
    page.button(key="again").click()
    assert len(figures(finished(page))) > 3

"""What docs/chinese.md promises, with the real model: where BERTRIEVE_MULTILINGUAL names its folder."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.encoder import load_encoder
from search import Searcher

FOLDER = os.environ.get("BERTRIEVE_MULTILINGUAL", "")
pytestmark = pytest.mark.skipif(
    not Path(FOLDER, "config.json").is_file(),
    reason="BERTRIEVE_MULTILINGUAL names no folder of multilingual-e5-small (CONTRIBUTING.md)",
)

# The names of files are words as well, so they say nothing.
TEXTS = {
    "0.md": "A cat sleeps most of the day and hunts mice at night.",
    "1.md": "The tax return must be filed by the end of May, or a fine is due.",
    "2.md": "Let the dough rise for two hours, then bake it in a hot oven.",
    "3.md": "In winter the bees cluster around their queen to keep her warm.",
    "4.md": "长江是中国最长的河流，流入东海。",
    "5.md": "绿茶要用八十度的水冲泡，不要用开水。",
    "6.md": "打印机卡纸时，先关闭电源，再打开后盖取出纸张。",
    "7.md": "潮汐主要由月球的引力引起，每天涨落两次。",
}
ASKED = {
    "报税的截止日期是什么时候？": "1.md",
    "烤面包之前面团要发酵多久？": "2.md",
    "蜜蜂怎样过冬？": "3.md",
    "猫什么时候捉老鼠？": "0.md",
    "what is the longest river of China?": "4.md",
    "how hot should water for green tea be?": "5.md",
    "paper is stuck in the printer, what now?": "6.md",
    "what causes the tides?": "7.md",
}
HAN = re.compile("[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(FOLDER)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory, encoder):
    index = tmp_path_factory.mktemp("multilingual") / "index"
    documents = [(path, Document(text, (Block(0, len(text)),))) for path, text in TEXTS.items()]
    index_documents(documents, index=index, encoder=encoder)
    return Searcher(index, encoder=encoder)


def test_a_question_finds_what_is_written_in_the_other_language(searcher):
    found = {question: searcher.query(question, 1)[0].path for question in ASKED}
    assert found == ASKED
    # By their cosines alone, passages in the question's own language come first, and no words are shared.
    for question, path in ASKED.items():
        assert HAN.search(question) is None or HAN.search(TEXTS[path]) is None
        assert path not in [hit.path for hit in searcher.query(question, 8, mode="lexical")]


def test_the_vectors_are_those_of_the_library_with_the_prompts(encoder):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(FOLDER, device="cpu")
    texts = [*ASKED, *TEXTS.values()]
    questions = np.array([encoder.encode_question(text) for text in texts])
    passages = encoder.encode_passages(texts)
    for ours, prompt in ((questions, "query: "), (passages, "passage: ")):
        with_prompt, without = (
            theirs.encode([start + text for text in texts], normalize_embeddings=True)
            for start in (prompt, "")
        )
        cosines = np.sum(ours * with_prompt, axis=1)
        assert cosines.min() > 0.999
        assert np.all(cosines > np.sum(ours * without, axis=1))
    assert (encoder.identity.query_prompt, encoder.identity.passage_prompt) == ("query: ", "passage: ")

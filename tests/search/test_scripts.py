"""An index in two scripts, with an encoder that puts each script apart, as models of many languages do."""

import numpy as np
import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import EncoderError
from indexer.store import Reader
from indexer.store.analysis import script_of
from search import Searcher
from search.scripts import Apart, readable
from tests.fake import FakeEncoder

# What a passage is about stands in the first word, for the encoder the same in both languages.
WORDS = {"猫": "cat", "茶": "tea", "河": "river", "月": "moon", "税": "tax"}
ENGLISH = {
    "1.md": "cat and mouse at night",
    "2.md": "tax is due in may",
    "3.md": "plain words of a letter",
    "4.md": "words for nobody in particular",
}
CHINESE = {"5.md": "茶要用热水冲泡", "6.md": "河流入大海", "7.md": "月引起潮汐", "8.md": "没有说什么别的话"}


class Bilingual(FakeEncoder):
    """Translates what it knows, and moves every text towards one place for each script."""

    def _vector(self, text):
        for chinese, english in WORDS.items():
            text = text.replace(chinese, f" {english} ")
        topic = super()._vector(text)
        place = super()._vector(script_of(text))
        vector = topic + 2 * place
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def question_tokens(self, question):
        raise EncoderError("its vectors have no parts")


# In 256 dimensions words that have nothing to do with each other stand nearly at right angles.
BILINGUAL = Bilingual(256)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("scripts") / "index"
    texts = {**ENGLISH, **CHINESE}
    documents = [
        (
            name,
            Document(text, (Block(0, len(text)),), metadata={"language": "zh" if name in CHINESE else "en"}),
        )
        for name, text in texts.items()
    ]
    index_documents(documents, index=path, encoder=BILINGUAL)
    return path


def test_the_scripts_of_an_index(index):
    reader = Reader(index)
    with reader.view() as view:
        scripts = {script.name: script for script in view.scripts()}
        assert scripts.keys() == {"LATIN", "CJK"}
        for name, texts in (("LATIN", ENGLISH), ("CJK", CHINESE)):
            assert [row.path for row in view.passages(scripts[name].ids)] == [*texts]
            expected = view.vectors(scripts[name].ids).mean(axis=0)
            assert scripts[name].mean == pytest.approx(expected, abs=1e-6)
        assert readable(view.scripts(), lambda text: 1.0) == view.scripts()
        assert readable(view.scripts(), lambda text: float(script_of(text) == "LATIN")) == ()
    reader.close()


def test_an_index_in_one_script_has_none_apart(tmp_path):
    documents = [(name, Document(text, (Block(0, len(text)),))) for name, text in ENGLISH.items()]
    index_documents(documents, index=tmp_path, encoder=FakeEncoder())
    reader = Reader(tmp_path)
    with reader.view() as view:
        assert view.scripts() == ()
        vector, ids = FakeEncoder().encode_question("cat"), view.ids(None)
        cosines = view.cosines(vector, ids)
        means, deviation = Apart(view, "cat", ()).moments(vector, ids, cosines)
        assert means == pytest.approx(np.full(4, cosines.mean()), abs=1e-3)
        assert deviation == pytest.approx(cosines.std(), abs=1e-3)
        assert not Apart(view, "cat", ()).given(ids, cosines, cosines).any()
    reader.close()


def test_a_cosine_is_held_against_the_others_of_its_script(index):
    reader = Reader(index)
    with reader.view() as view:
        vector, ids = BILINGUAL.encode_question("tea"), view.ids(None)
        cosines = view.cosines(vector, ids)
        means, deviation = Apart(view, "tea", view.scripts()).moments(vector, ids, cosines)
        within = []
        for begin in (0, 4):
            own = cosines[begin : begin + 4].astype(float)
            within += [*(own - own.mean())]
            for at in range(4):
                assert means[begin + at] == pytest.approx(np.delete(own, at).mean(), abs=1e-3)
        assert deviation == pytest.approx(np.sqrt(np.mean(np.square(within))), abs=1e-3)
    reader.close()


def test_what_passages_of_another_script_are_given(index):
    """The best English passage holds half of the words, so half of its BM25."""
    reader = Reader(index)
    question = "cat banana"
    with reader.view() as view:
        ids = view.ids(None)
        words = view.lexical_scores(question, ids)
        given = Apart(view, question, view.scripts()).given(ids, words, words)
        frequencies, count = view.frequencies(question)
        total = np.log1p((count - frequencies + 0.5) / (frequencies + 0.5)).sum()
        assert given[:4] == pytest.approx(np.zeros(4))
        assert given[4:] == pytest.approx(np.full(4, (1 - words.max() / total) * words.max()))
        # Nothing is written as the question is, so nothing is known of what its words would have found.
        assert not Apart(view, "кошка", view.scripts()).given(ids, words, words).any()
    reader.close()


@pytest.mark.parametrize(
    ("question", "path"),
    [("tea", "5.md"), ("the moon please", "7.md"), ("猫在哪里睡觉", "1.md"), ("关于税的事", "2.md")],
)
def test_a_question_finds_what_is_written_in_the_other_script(index, question, path):
    searcher = Searcher(index, encoder=BILINGUAL)
    assert searcher.query(question, 1)[0].path == path
    assert searcher.query(question, 1, mode="dense")[0].path != path
    kept = searcher.query(question, 8, filter=f"path:{path}")
    assert [hit.path for hit in kept] == [path]
    searcher.close()

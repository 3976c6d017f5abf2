"""A cross-encoder with two layers and random weights puts the hits in the order that the library gives."""

import numpy as np
import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import EncoderError
from search import Searcher
from search.reranker import Reranker
from tests.fake import FakeEncoder

TEXTS = [
    f"a cat and {number} {word}" for number, word in enumerate(["dogs", "mice", "trees", "hats", "cars"])
]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folders of cross-encoders that give one score for a pair, and three."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.!?"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{at}" for at in letters)]
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    folders = {}
    for labels in (1, 3):
        folder = folders[labels] = tmp_path_factory.mktemp("reranker")
        (folder / "vocab.txt").write_text("\n".join(words))
        torch.manual_seed(0)
        config = BertConfig(vocab_size=len(words), num_labels=labels, initializer_range=0.5, **sizes)
        BertForSequenceClassification(config).save_pretrained(folder)
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folders


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("reranked") / "index"
    documents = [(f"{at}.md", Document(text, (Block(0, len(text)),))) for at, text in enumerate(TEXTS)]
    index_documents(documents, index=path, encoder=FakeEncoder())
    return path


def test_the_order_is_that_of_the_library(models, index):
    from sentence_transformers import CrossEncoder

    theirs = CrossEncoder(str(models[1])).predict([("cat", text) for text in TEXTS], show_progress_bar=False)
    searcher = Searcher(index, encoder=FakeEncoder())
    reranker = Reranker(str(models[1]))
    hits = searcher.query("cat", 5, collapse=False, reranker=reranker)
    assert [hit.text for hit in hits] == [TEXTS[at] for at in np.argsort(-theirs)]
    assert [hit.text for hit in hits] != [hit.text for hit in searcher.query("cat", 5, collapse=False)]
    assert [hit.score for hit in hits] == pytest.approx(np.sort(theirs)[::-1], rel=1e-4)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    # What is asked for is taken from all that was read.
    assert searcher.query("cat", 1, collapse=False, reranker=reranker)[0] == hits[0]
    assert not searcher.query("zebra", 5, mode="lexical", reranker=reranker)
    searcher.close()


def test_what_is_no_reranker_is_told(models, tmp_path):
    with pytest.raises(EncoderError, match=r"can't be loaded as a reranker .*give a cross-encoder"):
        Reranker(str(tmp_path / "none"))
    with pytest.raises(EncoderError, match="gives 3 scores for a pair, a reranker gives one"):
        Reranker(str(models[3]))

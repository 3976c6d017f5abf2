"""Words of names and of other languages: what is asked in one form is found in another."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.store.analysis import NOTABLE, _found, phrase_of, words_of
from indexer.store.lexical import LexicalReader, LexicalWriter, Wording
from indexer.store.reader import Reader
from indexer.store.records import Changes, StoredDocument
from tests.making import document, put, writer

NAMES = [
    "getUserName",
    "ERR_4012",
    "RFC 9110",
    "snake_case",
    "v2.13.0",
    "foo.tar.gz",
    "C++",
    "C#",
    "user@host",
    "192.168.0.1",
    ".gitignore",
    "HTTPServer",
    "IL-6",
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    to = LexicalWriter(folder)
    to.add((at, (f"We saw {name} again here",)) for at, name in enumerate(NAMES))
    scattered = [
        "user get name",
        "4012 err",
        "9110 RFC",
        "case snake",
        "0 13 v2",
        "gz tar foo",
        "c",
        "host user",
    ]
    to.add((100 + at, (f"We saw {text} again here",)) for at, text in enumerate([*scattered, "0 1 192 168"]))
    to.commit()
    to.close()
    return LexicalReader(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_asked_whole_is_found_first(reader, name):
    found = reader.search(name, 20)
    assert found.ids[0] == NAMES.index(name)
    assert len(found.ids) == 1 or found.scores[0] > found.scores[1]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("get user name", "getUserName"),
        ("get_user_name", "getUserName"),
        ("getusername", "getUserName"),
        ("err-4012", "ERR_4012"),
        ("ERR4012", "ERR_4012"),
        ("rfc9110", "RFC 9110"),
        ("snakeCase", "snake_case"),
        ("2.13.0", "v2.13.0"),
        ("http server", "HTTPServer"),
        ("cplusplus", "C++"),
    ],
)
def test_a_name_is_found_in_parts_and_in_other_spellings(reader, question, name):
    assert NAMES.index(name) in reader.search(question, 3).ids


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("Schroedinger", "Schrödinger"),
        ("Müller", "Mueller"),
        ("STRASSE", "Straße"),
        ("strasse", "STRAẞE"),
        ("istanbul", "İstanbul"),
        ("cafe\u0301", "café"),
        ("ABC１２", "ＡＢＣ12"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("ΟΔΟΣ", "οδός"),
        ("елка", "Ёлка"),
        ("العربية", "العَرَبِيَّة"),
        ("שלום", "שָׁלוֹם"),
        ("हिन्दी", "हिन्दी भाषा"),
        ("ภาษา", "เรียนภาษาไทย"),
        ("검색", "문서를 검색은"),
        ("池化", "平均池化"),
        ("Fragen", "viele Fragen"),
        ("вопрос", "вопрос и ответ"),
    ],
)
def test_languages_have_words(asked, held):
    assert set(words_of(asked)) & set(words_of(held))


@given(st.text(max_size=60))
def test_any_text_has_words_and_is_a_phrase_of_itself(text):
    words = words_of(text)
    assert len(words) == len(set(words))
    assert all(map(str.strip, phrase_of(text)))


@given(st.lists(st.sampled_from(["mean", "pool", "平", "均", "é", "x1"]), min_size=1, max_size=6))
def test_a_text_holds_itself_and_each_stretch_of_it(tmp_path_factory, words):
    folder = tmp_path_factory.mktemp("stretch")
    to = LexicalWriter(folder)
    to.add([(7, (" ".join(words),))])
    to.commit()
    to.close()
    reader = LexicalReader(folder)
    for end in range(1, len(words) + 1):
        assert reader.holding(Wording(" ".join(words[end - 1 :]))).tolist() == [7]
        assert reader.holding(Wording("".join(words[:end]))) is not None
    assert reader.holding(Wording(" ".join([*words, "other"]))).tolist() == []
    assert reader.holding(Wording("?!")) is None


def test_a_moved_file_is_found_by_its_new_name_alone(tmp_path):
    path = tmp_path / "index"
    with writer(path) as to:
        put(to, document("before.md", "some text"))
        (old,) = to.documents()
        now = StoredDocument(old.id, old.folder, "after.md", old.size, old.modified_ns, old.content_hash)
        to.commit(Changes(moved=(now,)))
    reader = Reader(path)
    with reader.view() as view:
        assert view.lexical("after", 5).ids.tolist() == [1]
        assert view.lexical("before", 5).ids.tolist() == []
    reader.close()


@given(st.text("aB._@-+#1 ä池é²", max_size=8))
@example("a.b")
@example("_a")
@example("x_.y")
def test_a_piece_that_is_not_looked_at_closely_has_no_name(piece):
    assert NOTABLE.search(piece) or not list(_found(piece))

"""What language a document is stored under."""

from pathlib import Path

import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.language import language_of
from tests.fake import FakeEncoder
from tests.making import rows


def document(text: str, stated: str = "", title: str = "") -> Document:
    return Document(text, (Block(0, len(text)),), title, metadata={"language": stated} if stated else {})


# Articles 1 and 3 of the Universal Declaration of Human Rights, and a line as short as notes are.
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "All human beings are born free and equal in dignity and rights."),
        ("en", "Please call the bank about the contract."),
        ("zh", "人人生而自由,在尊严和权利上一律平等。"),
        ("zh", "检索增强生成"),
        ("zh", "人皆生而自由;在尊嚴及權利上均各平等。"),
        ("ja", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"),
        ("ja", "日本語の文章"),
        ("de", "Alle Menschen sind frei und gleich an Würde und Rechten geboren."),
        ("fr", "Tous les êtres humains naissent libres et égaux en dignité et en droits."),
        ("es", "Todos los seres humanos nacen libres e iguales en dignidad y derechos."),
        ("ru", "Все люди рождаются свободными и равными в своем достоинстве и правах."),
        ("ko", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."),
        ("und", "1 | 2 | 3\n4 | 5 | 6"),
        ("und", "Ivan"),
    ],
)
def test_a_language_is_told_from_the_text(language: str, text: str) -> None:
    assert language_of(document(text)) == language


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        ("en-US", "en"),
        ("zh_Hans_CN", "zh"),
        ("de", "de"),
        ("DEU", "de"),
        ("ger", "de"),
        ("fr; en", "fr"),
        ("ja-JP-u-ca-japanese", "ja"),
    ],
)
def test_what_the_file_states_wins(stated: str, language: str) -> None:
    assert language_of(document("Все люди рождаются свободными и равными.", stated)) == language


@pytest.mark.parametrize("stated", ["English", "x-default", "und", "mul", "-", "12"])
def test_what_states_no_language_is_passed_over(stated: str) -> None:
    assert language_of(document("Все люди рождаются свободными и равными.", stated)) == "ru"


def test_a_short_text_is_told_with_its_title_and_a_long_one_from_its_middle() -> None:
    assert language_of(document("12", title="Alle Menschen sind frei und gleich geboren")) == "de"
    licence = "This is free, you may share and use it for whatever you like. " * 10
    assert language_of(document(licence + "Tous les êtres humains naissent libres. " * 200)) == "fr"


def test_every_document_is_stored_with_its_language(tmp_path: Path, encoder: FakeEncoder) -> None:
    texts = {"a": "All human beings are born free and equal.", "b": "人人生而自由", "c": "1 | 2"}
    index_documents(
        [(name, document(text)) for name, text in texts.items()], index=tmp_path / "i", encoder=encoder
    )
    found = rows(tmp_path / "i", "SELECT path, metadata FROM documents ORDER BY path")
    assert found == [
        ("a", '{"language": "en"}'),
        ("b", '{"language": "zh"}'),
        ("c", '{"language": "und"}'),
    ]

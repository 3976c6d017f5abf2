import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents.encoding import clean, decode, is_text, undecoded

CHINESE = "向量检索把问题和段落变成向量，再比较它们之间的夹角。平均池化取所有词的均值。\n第二段写在这里。\n"
TRADITIONAL = (
    "向量檢索把問題和段落變成向量，再比較它們之間的夾角。平均池化取所有詞的均值。\n第二段寫在這裡。\n"
)
JAPANESE = "検索エンジンは質問に最も近い文を見つけます。今日は天気がよいので散歩しました。\n二行目です。\n"
KOREAN = "검색 엔진은 질문에 가장 가까운 문장을 찾습니다. 서울은 대한민국의 수도입니다.\n둘째 줄입니다.\n"
RUSSIAN = "Поиск находит ответы на вопросы в документах, если слова в них другие.\nВторая строка.\n"
FRENCH = "L’été dernier, les élèves ont étudié la géométrie – très sérieusement – à l’école, pour 5 €.\n"
GERMAN = "Die Größe der Straße überrascht: „Äpfel, Öl und Übermut“ kosten 5 €.\nZweite Zeile.\n"
POLISH = "Zażółć gęślą jaźń. Wyszukiwarka znajduje najbliższe fragmenty dokumentów użytkownika.\n"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "gb2312"),
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
        (CHINESE, "utf-32"),
        (CHINESE, "utf-32-le"),
        (CHINESE * 50, "gb18030"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "utf-16"),
        (KOREAN, "euc_kr"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (FRENCH, "cp1252"),
        (GERMAN, "cp1252"),
        (POLISH, "cp1250"),
        ("Plain English text, a line of it.\n", "ascii"),
        ("Plain English text, a line of it.\n", "utf-16-le"),
        ("Plain English text, a line of it.\n", "utf-16-be"),
        ("Plain English text, a line of it.\n", "utf-32-be"),
    ],
)
def test_text_of_every_usual_encoding_is_read(text: str, codec: str) -> None:
    data = text.encode(codec)
    assert is_text(data)
    assert decode(data) == text


def test_a_mark_decides_even_for_two_letters() -> None:
    assert decode("向量".encode("utf-16")) == "向量"
    assert decode(b"\xef\xbb\xbf\xe5\x90\x91") == "向"


def test_newlines_and_controls_are_made_harmless() -> None:
    assert clean("\ufeffa\r\nb\rc\0d\x0ce\x1b[31m\u2028f\t\ud800\n") == "a\nb\nc d e [31m f\t \n"


def test_stray_nuls_do_not_make_it_utf_16() -> None:
    assert (
        decode(b"A word with a \0 in it, and some more words.")
        == "A word with a   in it, and some more words."
    )


def test_what_cannot_be_decoded_is_counted() -> None:
    assert undecoded("fine") == ()
    assert undecoded(decode(b"\xff\xfea\x00\x00\xd8")) == ("1 unreadable character, shown as \ufffd",)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 8,
        b"".join(n.to_bytes(4, "little") for n in range(500)),
        b"\x7fELF\x02\x01\x01" + bytes(64),
    ],
)
def test_binary_data_is_no_text(data: bytes) -> None:
    assert not is_text(data)


@given(st.binary(max_size=300))
def test_any_bytes_become_text_without_controls_or_surrogates(data: bytes) -> None:
    text = decode(data)
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\t\n" for char in text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Co")), max_size=200))
def test_utf_8_is_never_mistaken(text: str) -> None:
    assert decode(text.encode("utf-8")) == clean(text)

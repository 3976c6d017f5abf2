"""Text -> words: what the lexical index holds of a passage, and what a question asks it for.

Words are runs of letters and digits of any script, lowered, without accents, English ones by their stem;
Chinese, Japanese and Korean by overlapping pairs of characters, Thai and its neighbours by ICU's dictionary.
Added to those are the single characters of such runs, and names: `ERR_4012` is found by its parts and whole,
and whole it is its parts joined, so that `err-4012` and `ERR4012` are the same word; `getUserName` is found
by `get_user_name` and "user name", and Müller by Mueller.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import ClassVar

import tantivy
from icu4py.breakers import WordBreaker

__all__ = [
    "ANALYSER",
    "CJK",
    "CJK_RUN",
    "EXACT",
    "JOINED",
    "STOP_WORDS",
    "UNSPACED",
    "WORDS",
    "added",
    "by_characters",
    "by_words",
    "phrase_of",
    "script_of",
    "signed",
    "telling_words",
    "words_of",
]

# Raised when the same text gives other words, so that an older lexical index is rebuilt.
ANALYSER = 2

# Han, kana, hangul and their extensions: written without spaces, so matched by pairs of characters.
CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
CJK_RUN = re.compile(f"[{CJK}]+")
# Thai, Lao, Burmese and Khmer: no spaces either, but letters, of which a pair says nothing.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
EITHER = re.compile(f"[{CJK}{UNSPACED}]")

# Question words that carry no topic; dropped from a question unless it has nothing else. Lucene's list
# plus the question words and auxiliaries people type.
STOP_WORDS = frozenset(
    """a about an and are as at be been but by can could did do does for from had has have how i if in into is
    it its me my no not of on or should so such than that the their then there these they this to was we were
    what when where which who whom whose why will with would you your""".split()
)

# Holds the 128 digits of a SHA-512.
LONGEST = 130

# What a piece with a name in it has.
NOTABLE = re.compile(r"[._@](?=\w)|[\d+#äöüåøÄÖÜÅØ]|[a-z][A-Z]|[A-Z]{2}[a-z]{3}")
PART = f"[^\\W_{CJK}]+"
# ERR_4012, config.yaml, IL-6, me@host: whole where something shows that it is a name. Every word with a
# hyphen held whole found no more (nDCG@10 on SciFact .694 and .694, on Cranfield .379 and .382).
JOINED = re.compile(f"{PART}(?:[._@-]{PART})+")
JOINT = re.compile(r"[._@-]")
NAMING = re.compile(r"[._@\d]")
# RFC 9110, and without the space in parts.
NUMBERED = re.compile(r"\b([A-Z]{2,6}) (\d+(?:\.\d+)*)")
TAILED = re.compile(r"\b([A-Za-z]{2,})(\d{2,})\b")
# getUserName, HTTPServer; but not mRNA or PDFs, of which a part is a letter or an ending.
CAMEL = re.compile(r"\b(?=\w*(?:[a-z][A-Z]|[A-Z]{2}[a-z]{3}))[A-Za-z0-9]+\b")
CAMEL_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# C++, C#; .NET, .gitignore.
SIGNED = re.compile(r"\b(\w+)(\+\+|#(?!\w))")
SIGNS = {"++": "plusplus", "#": "sharp"}
DOTTED = re.compile(r"(?<![\w.)\]])\.([^\W\d]\w+)")
# Between the numbers of 192.168.0.1, which would be another number without: a letter that no text has.
DOT = "\ua78f"
# How German, Danish and Norwegian names are written where these letters aren't at hand.
SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa"}
SPELT = str.maketrans(SPELLED | {"Ø": "Oe"})
UMLAUT = re.compile(f"\\w*[{''.join(map(chr, SPELT))}]\\w*")


class _Folds(dict[int, int | None]):
    """What a character counts as, found out when it is first met: for `str.translate`."""

    # Signs above and below that are letters of their own, and letters that are written without their sign.
    LETTERS = "\u0e38\u0e39\u0eb8\u0eb9"
    SAME: ClassVar = {"ς": "σ", "İ": "I", "ё": "е", "Ё": "Е", "ى": "ي", "ـ": None}

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        base = unicodedata.normalize("NFD", character)[0]
        if character in self.SAME:
            same = self.SAME[character]
            self[code] = ord(same) if same else None
        elif unicodedata.category(character).startswith("M") and character not in self.LETTERS:
            # Vowel points, tone marks and what else would end a word for tantivy.
            keeps = not unicodedata.combining(character) and WORDS.analyze(character)
            self[code] = code if keeps else None
        else:
            self[code] = ord(base) if "\u0370" <= base <= "\u03ff" or "\u0600" <= base <= "\u06ff" else code
        return self[code]


def _analyser(*, stop_words: Iterable[str] = (), stems: bool = True) -> tantivy.TextAnalyzer:
    words = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(LONGEST))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.custom_stopword(list(stop_words)))
        .filter(tantivy.Filter.ascii_fold())
    )
    return (words.filter(tantivy.Filter.stemmer("english")) if stems else words).build()


WORDS, EXACT = _analyser(), _analyser(stems=False)
_TELLING_WORDS = _analyser(stop_words=STOP_WORDS)
_FOLDS = _Folds()


def script_of(text: str) -> str:
    """The script that a text is written in, as Unicode names it; "" for a text without letters.

    "CJK" is that of Chinese, Japanese and Korean, whose characters count as three letters each, for they say
    as much.

    >>> script_of("什么是 BERT？"), script_of("what does 池化 mean?"), script_of("что это?"), script_of("42")
    ('CJK', 'LATIN', 'CYRILLIC', '')
    """
    counts = Counter(_script(letter) for letter in text if letter.isalpha())
    counts["CJK"] *= 3
    return max(counts, key=counts.__getitem__) if counts.total() else ""


@lru_cache(1 << 14)
def _script(letter: str) -> str:
    return "CJK" if CJK_RUN.match(letter) else unicodedata.name(letter, "").partition(" ")[0]


def words_of(question: str, *, singles: bool = True) -> list[str]:
    """The index words of a question, each once, in order, without stop words unless it has no others.

    Without `singles`, the words that tell: no single characters of a CJK run.

    >>> words_of("who throws ERR_4012 in getUserName?")
    ['throw', 'err', '4012', 'getusernam', 'err4012', 'get', 'user', 'name']
    """
    text = f"{by_words(question)}\n{added(question, singles=singles)}"
    return list(dict.fromkeys(_TELLING_WORDS.analyze(text) or WORDS.analyze(text)))


def telling_words(text: str) -> list[str]:
    """The words that tell: neither stop words, nor what is added to words, nor single characters of a run."""
    return list(_TELLING_WORDS.analyze(by_words(text)))


def phrase_of(text: str) -> list[str]:
    """The words of a phrase as they stand side by side: in every form, without stems; characters one by one.

    >>> phrase_of("Mean pooling 平均池")
    ['mean', 'pooling', '平', '均', '池']
    """
    return EXACT.analyze(by_characters(text))


def by_words(text: str) -> str:
    """The text that the analyser cuts into words.

    >>> by_words("用BERT检索文")
    ' 用 BERT 检索 索文 '
    """
    if text.isascii():
        return text
    text = CJK_RUN.sub(lambda run: f" {' '.join(_pairs(run.group()))} ", _normal(text))
    # ICU cuts a run as it is written; only then do tone marks go.
    text = UNSPACED_RUN.sub(lambda run: f" {' '.join(WordBreaker(run.group(), 'th'))} ", text)
    return text.translate(_FOLDS)


def by_characters(text: str) -> str:
    """The text that the analyser cuts into what phrases are made of.

    >>> by_characters("用BERT检索")
    ' 用 BERT 检  索 '
    """
    return text if text.isascii() else EITHER.sub(r" \g<0> ", _normal(text).translate(_FOLDS))


def added(text: str, *, singles: bool = True) -> str:
    """Words that a text has besides those that stand in it, with spaces between.

    Single characters beside the pairs: on cmrc2018-trial nDCG@10 .987, pairs alone .985, single characters
    alone .974; and a question of one character finds something.

    >>> added("检索 in config.yaml by getUserName, RFC 9110, 10.0.0.1")
    '检 索 configyaml get User Name 10ꞏ0ꞏ0ꞏ1 RFC9110'
    """
    text = _normal(text)
    runs = CJK_RUN.findall(text) if singles and not text.isascii() else []
    characters = (character for run in runs if len(run) > 1 for character in run)
    names = (name for piece in filter(NOTABLE.search, text.split()) for name in _names(piece))
    numbered = (match[1] + match[2].replace(".", "") for match in NUMBERED.finditer(text))
    return " ".join((*characters, *names, *numbered))


@lru_cache(1 << 16)
def _names(piece: str) -> tuple[str, ...]:
    """What is added for the names in a piece of text without spaces. Remembered, for many are met again."""
    return tuple(_found(piece))


def _found(piece: str) -> Iterator[str]:
    for match in JOINED.finditer(piece):
        if NAMING.search(match.group()):
            whole = JOINT.sub("", match.group())
            yield JOINT.sub(DOT, match.group()) if whole.isdecimal() else whole
    for match in CAMEL.finditer(piece):
        parts = CAMEL_PART.findall(match.group())
        if min(map(len, parts)) > 1:
            yield " ".join(parts)
    yield from (f"{match[1]} {match[2]}" for match in TAILED.finditer(piece))
    yield from signed(piece)
    yield from (f"dot{match[1]}" for match in DOTTED.finditer(piece))
    yield from (match.group().translate(SPELT) for match in UMLAUT.finditer(piece))


def signed(text: str) -> Iterator[str]:
    """The names in a text that are told by a sign alone.

    >>> list(signed("from C to C++ and C#"))
    ['Cplusplus', 'Csharp']
    """
    return (match[1] + SIGNS[match[2]] for match in SIGNED.finditer(text))


def _normal(text: str) -> str:
    """One form of what can be written in several: "é" as one character, full-width letters, ligatures."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]

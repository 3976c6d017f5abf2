"""Every word that the page says by itself, in English and in Chinese."""

from ui.page.labels.chinese import CHINESE
from ui.page.labels.english import ENGLISH
from ui.page.labels.errors import in_chinese
from ui.page.labels.fields import Counted, Labels

__all__ = ["LABELS", "LANGUAGES", "Labels", "counted", "language_of", "said"]

LANGUAGES = {"en": "EN", "zh": "中文"}
LABELS = {"en": ENGLISH, "zh": CHINESE}


def language_of(locale: str | None) -> str:
    """The key in `LABELS` for a browser's language, such as "zh-TW" or "en-GB"."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"


def counted(number: int, forms: Counted) -> str:
    """A number with its noun: ``"1 file"``, ``"1,024 files"``."""
    return forms[number != 1].format(f"{number:,}")


def said(error: str, labels: Labels) -> str:
    """An error's sentence in the page's language, where the page knows it."""
    return in_chinese(error) if labels is CHINESE else error

"""The map's view, without a browser: what it says, and where there is too little to draw."""

import pytest

from indexer import index_folder
from tests.fake import FakeEncoder
from tests.ui.looking import opened, texts
from ui.page.labels import LABELS


@pytest.mark.usefixtures("index")
def test_four_passages_make_no_map():
    page = opened(view="map", lang="zh")
    assert texts(page, ".bv-notice p") == [LABELS["zh"].map_too_few.format(8)]


def test_the_map_says_how_many_passages_it_shows(index, documents):
    for at in range(12):
        (documents / f"note{at}.md").write_text(
            f"Note {at} tells of quokkas and {'rivers' if at % 2 else 'hills'}."
        )
    index_folder(documents, index=index, encoder=FakeEncoder())
    page = opened(view="map")
    assert texts(page, ".bv-section") == [LABELS["en"].map_title]
    assert texts(page, ".bv-hint")[0].startswith("16 passages ·")

from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.jats import read
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, xml: str) -> Document:
    (folder / "a.nxml").write_text(xml, encoding="utf-8")
    return read(folder / "a.nxml")


def test_an_article(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    name = "<name><surname>Lovelace</surname><given-names>Ada</given-names></name>"
    document = made(
        tmp_path,
        f"""<article xml:lang="en"><front><journal-meta><journal-title-group><journal-title>Vectors
</journal-title></journal-title-group></journal-meta><article-meta><title-group>
<article-title>On <i>pooling</i>
</article-title></title-group><contrib-group><contrib contrib-type="author">{name}</contrib><contrib
contrib-type="editor">
{name}</contrib></contrib-group><pub-date><month>5</month><year>2025</year></pub-date>
<abstract><p>In short.</p></abstract><kwd-group><kwd>bert</kwd><kwd>mean</kwd></kwd-group>
</article-meta></front><body><sec><label>1.</label><title>Mean</title><p>The mean <xref>[1]</xref> of
all<list><list-item><p>one</p></list-item></list> tokens.</p>
<fig><label>Figure 1.</label><caption><title>A plot.</title><p>It rises.</p></caption></fig>
<table-wrap><table><tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></table></table-wrap>
<disp-formula><tex-math>\\begin{{document}}$$x^2$$\\end{{document}}</tex-math></disp-formula></sec></body>
<back><ref-list><title>References</title><ref><element-citation><person-group>{name}</person-group><year>1843</year>
</element-citation></ref></ref-list></back></article>""",
    )
    check_blocks(document)
    assert shown(document) == [
        "heading pNone l1 On pooling: On pooling",
        "prose pNone l2 On pooling: Ada Lovelace",
        "heading pNone l7 On pooling/Abstract: Abstract",
        "prose pNone l7 On pooling/Abstract: In short.",
        "prose pNone l7 On pooling: Keywords: bert, mean",
        "heading pNone l8 On pooling/1. Mean: 1. Mean",
        "prose pNone l8 On pooling/1. Mean: The mean [1] of all tokens.",
        "prose pNone l9 On pooling/1. Mean: one",
        "prose pNone l10 On pooling/1. Mean: Figure 1. A plot. It rises.",
        "lines pNone l11 On pooling/1. Mean: a | b\na | c",
        "prose pNone l12 On pooling/1. Mean: x^2",
        "heading pNone l13 On pooling/References: References",
        "prose pNone l13 On pooling/References: Lovelace Ada 1843",
    ]
    assert document.title == "On pooling"
    assert document.metadata == {
        "author": "Ada Lovelace",
        "date": "2025-05",
        "language": "en",
        "journal": "Vectors",
    }


@pytest.mark.parametrize("xml", ["<rss><item>text</item></rss>", "<article><body>", "<a>&undefined;text</a>"])
def test_other_xml_is_text(xml: str, tmp_path: Path) -> None:
    assert made(tmp_path, xml).text == xml


def test_entities_are_a_gap(tmp_path: Path) -> None:
    document = made(tmp_path, '<!DOCTYPE a [<!ENTITY e "x">]><article><body><p>a &e; b</p></body></article>')
    assert (document.text, document.gaps) == ("a b", ("entities that the file defines, not filled in: 1",))


def test_what_is_nested_as_deep_as_xml_may_be_is_read(tmp_path: Path) -> None:
    xml = f"<article><body>{'<sec><title>t</title>' * 250}<p>deep</p>{'</sec>' * 250}</body></article>"
    assert made(tmp_path, xml).text.endswith("deep")

"""Zip-based formats, read with the suspicion that a few kilobytes may unpack to gigabytes."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from lxml import etree

from indexer.documents.files import load
from indexer.errors import DocumentError

__all__ = ["Archive", "parse_xml"]

_MAX_MEMBERS = 10_000
_MAX_MEMBER = 128 << 20
_MAX_TOTAL = 512 << 20

# Deflate reaches 1,000:1 on one repeated character; the XML of real office files 10:1 to 60:1.
_MAX_RATIO = 200
_SMALL = 16 << 20


class Archive:
    """A zip file whose members are read one at a time, within limits.

    Raises DocumentError: "too large" beyond the limits on members, sizes and ratios; "encrypted";
    "failed" when it is damaged. `zipfile` never returns more of a member than its directory entry
    claims, so checking the claims bounds what comes out.
    """

    def __init__(self, source: Path | bytes) -> None:
        data = source if isinstance(source, bytes) else load(source)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
            raise DocumentError(f"the zip archive that it should be is damaged: {error}") from None
        self._members = {info.filename: info for info in self._zip.infolist()}
        self._check(len(data))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all members, as the archive's directory lists them."""
        return tuple(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        try:
            return self._zip.read(self._members[name])
        except KeyError:
            raise DocumentError(f"the archive has no member {name!r}, which its format demands") from None
        except RuntimeError:  # zipfile's word for an encrypted member
            reason = "the file is protected by a password; save it without one"
            raise DocumentError(reason, "encrypted") from None
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError) as error:
            raise DocumentError(f"the member {name!r} is damaged: {error}") from None

    def xml(self, name: str) -> etree._Element:
        """The root element of an XML member."""
        return parse_xml(self.read(name), name)

    def _check(self, packed: int) -> None:
        infos = self._zip.infolist()
        total = sum(info.file_size for info in infos)
        largest = max((info.file_size for info in infos), default=0)
        if len(infos) > _MAX_MEMBERS:
            raise DocumentError(
                f"the archive has {len(infos):,} members, at most {_MAX_MEMBERS:,} are read", "too large"
            )
        if largest > _MAX_MEMBER or total > _MAX_TOTAL:
            raise DocumentError(
                f"the archive unpacks to {total:,} bytes, at most {_MAX_TOTAL:,} in all"
                f" and {_MAX_MEMBER:,} a member are read",
                "too large",
            )
        if total > _SMALL and total > packed * _MAX_RATIO:
            raise DocumentError(
                f"{packed:,} bytes unpack to {total:,}, more than {_MAX_RATIO}:1; it looks like a zip bomb",
                "too large",
            )


def parse_xml(data: bytes, name: str = "the file") -> etree._Element:
    """The root of an XML document; entities are not expanded, nothing is fetched, depth is bounded.

    Raises DocumentError "failed" when it is not well-formed.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        raise DocumentError(f"the XML of {name} is damaged: {error.msg}") from None

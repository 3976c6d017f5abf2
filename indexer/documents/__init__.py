"""A file -> Document: its text, and the page, heading path and line of every stretch of it."""

from indexer.documents.document import Block, Document
from indexer.documents.formats import read, suffixes
from indexer.documents.ocr import require_ocr
from indexer.documents.reading import read_all, read_attachments

__all__ = ["Block", "Document", "read", "read_all", "read_attachments", "require_ocr", "suffixes"]

"""What is written on a PDF page rather than in it: the values of form fields, and comments."""

import ctypes
from collections.abc import Callable, Iterator

from pypdfium2 import PdfDocument, PdfPage, raw

__all__ = ["notes"]

_MOST = 2_000
_COMMENTS = frozenset(
    {
        raw.FPDF_ANNOT_TEXT,
        raw.FPDF_ANNOT_FREETEXT,
        raw.FPDF_ANNOT_HIGHLIGHT,
        raw.FPDF_ANNOT_UNDERLINE,
        raw.FPDF_ANNOT_SQUIGGLY,
        raw.FPDF_ANNOT_STRIKEOUT,
        raw.FPDF_ANNOT_STAMP,
        raw.FPDF_ANNOT_CARET,
    }
)
_FIELDS = frozenset({raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX})


def notes(pdf: PdfDocument, page: PdfPage) -> Iterator[str]:
    """``"Name: Ada"`` for a filled field, and the text of a comment; the forms of `pdf` are initialised."""
    for at in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page, at)
        if not annotation:
            continue
        try:
            yield from _note(pdf, annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _note(pdf: PdfDocument, annotation: raw.FPDF_ANNOTATION) -> Iterator[str]:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind in _COMMENTS:
        yield _string(lambda *into: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *into))
    elif kind == raw.FPDF_ANNOT_WIDGET and pdf.formenv:
        if raw.FPDFAnnot_GetFormFieldType(pdf.formenv, annotation) not in _FIELDS:
            return
        value = _string(lambda *into: raw.FPDFAnnot_GetFormFieldValue(pdf.formenv, annotation, *into))
        name = _string(lambda *into: raw.FPDFAnnot_GetFormFieldAlternateName(pdf.formenv, annotation, *into))
        name = name or _string(lambda *into: raw.FPDFAnnot_GetFormFieldName(pdf.formenv, annotation, *into))
        if value.strip():
            yield f"{name}: {value}" if name else value


def _string(get: Callable[..., int]) -> str:
    """What a PDFium getter of UTF-16 strings returns: called once for the length and once for the text."""
    size = get(None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    get(buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\x00")

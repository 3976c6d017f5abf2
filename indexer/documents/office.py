"""Old Microsoft Office files (.doc, .xls, .ppt), by way of LibreOffice where it is installed."""

import tempfile
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import cast

import olefile

from indexer.documents import command
from indexer.documents.document import Document
from indexer.documents.files import load
from indexer.errors import DocumentError

__all__ = ["read"]

_SECONDS = 60

# The stream that each kind keeps its contents in, what it is turned into, and who reads that.
_KINDS = {
    "WordDocument": ("docx", "docx"),
    "Workbook": ("xlsx", "sheets"),
    "Book": ("xlsx", "sheets"),
    "PowerPoint Document": ("pptx", "slides"),
}
_PROGRAMS = (
    "soffice",
    "libreoffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
)

# The program has to be started again: it says so after the first start with a new profile.
_AGAIN = 81

# Nothing in a file that is only looked at may run, or fetch anything.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def read(path: Path) -> Document:
    """An old Office file, by way of the new one that LibreOffice makes of it.

    Raises DocumentError "unsupported" where LibreOffice isn't installed, "timed out" after a minute of it.
    """
    data = load(path)
    kind, module = _kind(data)
    program = _program()
    if program is None:
        raise DocumentError(
            "this is an old Microsoft Office file (before 2007), which only LibreOffice could open;"
            f" install that, or save the file as .{kind}",
            "unsupported",
        )
    with tempfile.TemporaryDirectory(prefix="bertrieve-", ignore_cleanup_errors=True) as folder:
        # The same stem, for a title that only repeats the file's name is none.
        source = Path(folder, "old", path.name if path.suffix else f"{path.name}.{kind[:-1]}")
        source.parent.mkdir()
        source.write_bytes(data)
        return cast(
            Document, import_module(f"indexer.documents.{module}").read(_converted(program, source, kind))
        )


def _kind(data: bytes) -> tuple[str, str]:
    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            found = next((kind for stream, kind in _KINDS.items() if file.exists(stream)), None)
    # olefile trusts tables in the file, and whatever goes wrong with them comes through.
    except Exception as error:
        raise DocumentError(f"the file is damaged: {type(error).__name__}: {error}") from None
    if found is None:
        raise DocumentError("this is an OLE file, but none of Word, Excel or PowerPoint", "unsupported")
    return found


def _program() -> Path | None:
    found = command.find(*_PROGRAMS)
    if found is None:
        return None
    # What the command starts, once its scripts have run: stopping those would not stop it.
    binary = Path(found).resolve().with_name("soffice.bin")
    return binary if binary.exists() else Path(found)


def _converted(program: Path, source: Path, kind: str) -> Path:
    profile = source.parents[1] / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    target = source.parents[1] / "new"
    arguments: list[str | Path] = [
        program,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
    ]
    arguments += ["--convert-to", kind, "--outdir", target, source]
    done = command.run(arguments, seconds=_SECONDS)
    if done.returncode == _AGAIN:
        done = command.run(arguments, seconds=_SECONDS)
    made = next(target.glob("*"), None) if target.is_dir() else None
    if made is None:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        raise DocumentError(f"LibreOffice can't open it ({said or f'exit code {done.returncode}'})")
    return made

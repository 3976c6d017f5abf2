"""Which files of a folder a person wants indexed: .bertrieveignore files, --include and --exclude.

All three are written as .gitignore files are (https://git-scm.com/docs/gitignore).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from indexer.errors import UsageError

__all__ = ["IGNORE_FILE", "Selection"]

IGNORE_FILE = ".bertrieveignore"


@dataclass(frozen=True)
class Selection:
    """Patterns that apply below some folder.

    include  where there are any, only files that match one are indexed
    exclude  files and folders that match one are not
    ignores  (folder relative to the root, patterns of its .bertrieveignore), outermost first
    """

    include: GitIgnoreSpec | None = None
    exclude: GitIgnoreSpec | None = None
    ignores: tuple[tuple[str, GitIgnoreSpec], ...] = field(default=())

    @classmethod
    def of(cls, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> "Selection":
        """From patterns. Raises UsageError for one that isn't any."""
        return cls(_spec(include, "--include"), _spec(exclude, "--exclude"))

    def within(self, folder: Path, path: str) -> "Selection":
        """The selection inside `folder`, whose path relative to the root is `path` ("" or ending in "/").

        Raises UsageError for an ignore file whose patterns can't be read.
        """
        try:
            lines = (folder / IGNORE_FILE).read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            return self
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{folder / IGNORE_FILE} can't be read ({error}); write it in UTF-8") from error
        spec = _spec(lines, str(folder / IGNORE_FILE))
        return Selection(self.include, self.exclude, (*self.ignores, (path, spec))) if spec else self

    def refusal(self, path: str) -> str:
        """Why a file, or a folder (its path ends in "/"), is passed over; "" where it isn't."""
        if path.rpartition("/")[2] == IGNORE_FILE:
            return "an ignore file"
        if self.exclude and self.exclude.match_file(path):
            return "matches --exclude"
        ignored = ""
        for folder, spec in self.ignores:
            decided = spec.check_file(path[len(folder) :]).include
            if decided is not None:  # an inner file may take back what an outer one ignores
                ignored = f"listed in {folder}{IGNORE_FILE}" if decided else ""
        if ignored:
            return ignored
        if self.include and not path.endswith("/") and not self.include.match_file(path):
            return "does not match --include"
        return ""


def _spec(patterns: Sequence[str], source: str) -> GitIgnoreSpec | None:
    try:
        spec = GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise UsageError(f"{source} has a pattern that can't be read ({error})") from error
    return spec if len(spec) else None

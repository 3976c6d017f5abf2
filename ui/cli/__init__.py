"""The command line: `bertrieve`."""

from ui.cli.app import main

__all__ = ["main"]

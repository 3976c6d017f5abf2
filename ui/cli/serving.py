"""`bertrieve serve` and `bertrieve keys`: the index for other programs."""

import ctypes
import ipaddress
import logging
import os
import platform
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from indexer.errors import UsageError
from ui.cli.options import IndexOption

__all__ = ["DEFAULT_KEYS", "host_names", "keys", "log_to_stderr", "serve", "serve_agents"]

KeysOption = Annotated[
    Path,
    typer.Option("--keys", envvar="BERTRIEVE_KEYS", help="The file of keys."),
]
DEFAULT_KEYS = Path(typer.get_app_dir("bertrieve")) / "keys.json"
M_ARENA_MAX = -8  # <malloc.h>
GRACE = 10  # seconds for requests under way, at a stop

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The API keys of `bertrieve serve`.")


def serve(
    index: IndexOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine's needs keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    keys_file: KeysOption = DEFAULT_KEYS,
    host_name: Annotated[list[str] | None, typer.Option(help="A name that clients know it by.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="A web page's origin that may ask.")] = None,
    folder: Annotated[
        list[Path] | None, typer.Option(help="A folder that may be synchronised, besides those indexed.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Never index.")] = False,
    processes: Annotated[
        int, typer.Option(min=1, help="So many answer at the same time; each takes 150 MB.")
    ] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Requests a second for each key; 0: any number.")] = 100,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="Write questions to the log.")
    ] = False,
) -> None:
    """Answer other programs over HTTP. Keys are required as soon as there are any."""
    _share_one_heap()
    import uvicorn

    from indexer.store import default_index
    from search import Searcher
    from search.server import KeyFile, Settings, create_app
    from search.server.connection import Connection

    stored = KeyFile(keys_file)
    required = bool(stored.keys())
    names = host_names(host, host_name or [], required=required)
    searcher = Searcher(index)
    settings = Settings(
        hosts=names,
        origins=tuple(origin or ()),
        keys=stored if required else None,
        processes=processes,
        rate=rate,
        log_questions=log_questions,
    )
    folders = None if read_only else _folders(searcher, index or default_index(), folder or [])
    log_to_stderr()
    # uvicorn, once it has stopped, sends itself the signal again: told to end, it has not failed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(searcher, settings, folders=folders),
        host=host,
        port=port,
        http=Connection,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


def serve_agents(
    index: IndexOption = None,
    http: Annotated[bool, typer.Option("--http", help="On 127.0.0.1 instead of standard input.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="With --http.")] = 8081,
) -> None:
    """Answer agents: the Model Context Protocol, over standard input and output."""
    _share_one_heap()
    from search import Searcher
    from search.server import create_mcp

    server = create_mcp(Searcher(index))
    if http:
        typer.echo(f"http://127.0.0.1:{port}/mcp", err=True)
        server.run("streamable-http", host="127.0.0.1", port=port)
    else:
        server.run("stdio")


@keys.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    write: Annotated[bool, typer.Option("--write", help="May also start and stop indexing.")] = False,
    keys_file: KeysOption = DEFAULT_KEYS,
) -> None:
    """Make a key and print it, this once."""
    from search.server import KeyFile

    typer.echo(KeyFile(keys_file).add(name, ("read", "write") if write else ("read",)))


@keys.command("list")
def list_keys(keys_file: KeysOption = DEFAULT_KEYS) -> None:
    """Print id, scopes, time and name of each key."""
    from search.server import KeyFile

    for key in KeyFile(keys_file).keys():  # noqa: SIM118 (not a mapping)
        typer.echo(f"{key.id}  {','.join(key.scopes):10}  {key.created}  {key.name}")


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `bertrieve keys list` prints it.")],
    keys_file: KeysOption = DEFAULT_KEYS,
) -> None:
    """Make a key worthless, at once."""
    from search.server import KeyFile

    KeyFile(keys_file).revoke(key_id)


def host_names(host: str, others: list[str], *, required: bool) -> tuple[str, ...]:
    """The names the server answers to. Raises UsageError where it would be open to others without keys."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        loopback = address.is_loopback
        anywhere = address.is_unspecified
    except ValueError:
        loopback, anywhere = host == "localhost", False
    if not loopback and not required:
        raise UsageError(f"{host} can be reached by others: make a key first, with bertrieve keys add NAME")
    if anywhere and not others:
        raise UsageError(f"{host} is every address: say which name clients use, with --host-name")
    own = f"[{host.strip('[]')}]" if ":" in host else host
    return tuple(dict.fromkeys(name.lower() for name in ("127.0.0.1", "localhost", "[::1]", own, *others)))


def _folders(searcher: Any, index: Path, named: list[Path]) -> Any:
    from search.server import Folders
    from ui.page.indexing import IndexingRun

    for folder in named:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}")
    absolute = [str(folder.expanduser().resolve()) for folder in named]
    return Folders(IndexingRun(index), searcher.folders, absolute)


def _share_one_heap() -> None:
    """Before there are threads: glibc gives each a heap of its own, and none gives back what it once held.
    400 questions to 100,000 passages took 428 MB with several heaps, 362 with one (docs/measurements.md)."""
    if platform.libc_ver()[0] == "glibc" and "MALLOC_ARENA_MAX" not in os.environ:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def log_to_stderr() -> None:
    # One JSON object a line, nothing around it.
    access = logging.getLogger("bertrieve.access")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False

"""How a server is set up. The limits are there to be hit by mistakes and attacks, not by use."""

from dataclasses import dataclass

from search.server.keys import KeyFile

__all__ = ["MAX_BATCH", "MAX_QUESTION", "Settings"]

MAX_QUESTION = 8 * 1024  # bytes of UTF-8
MAX_BATCH = 256  # texts in one request for embeddings


@dataclass(frozen=True, slots=True)
class Settings:
    """
    hosts          names the server answers to; a browser that was led here under any other is refused
    origins        web pages (scheme://host:port) of other origins that may ask; none by default
    keys           where keys are required, the file that has them; None lets everybody in
    rate           requests a second for each key, with bursts of twice as many; 0 for any number
    workers        questions answered at the same time, by threads of this process
    processes      more than 1: so many processes answer instead, one question each at a time. They import the
                   script that started them, so it needs its `if __name__ == "__main__":`
    waiting        questions that may wait for a worker; more are answered 429
    max_body       bytes of a request's body
    body_seconds   a body that takes longer to arrive is answered 408
    log_questions  whether the log may have the questions' text
    """

    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    origins: tuple[str, ...] = ()
    keys: KeyFile | None = None
    rate: float = 100.0
    workers: int = 2
    processes: int = 1
    waiting: int = 256
    max_body: int = 4 * 1024 * 1024
    body_seconds: float = 15.0
    log_questions: bool = False

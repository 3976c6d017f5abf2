"""What comes in and goes out over HTTP. A hit is what `search.Hit.to_dict` gives."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from indexer.store import Certificate
from search.encoding import InputType
from search.filters import MAX_LENGTH
from search.hits import Likelihood, Mode
from search.results import Group
from search.searcher import MAX_K
from search.server.settings import MAX_BATCH, MAX_QUESTION

__all__ = [
    "Document",
    "DocumentPage",
    "Documents",
    "Embedding",
    "EmbeddingRequest",
    "Embeddings",
    "Error",
    "FacetCounts",
    "FileState",
    "Filter",
    "Hit",
    "Info",
    "Ledger",
    "Model",
    "Models",
    "Passage",
    "Question",
    "Search",
    "SearchResult",
    "State",
    "Sync",
    "SyncStart",
    "Usage",
    "errors",
]


def _short(text: str) -> str:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_QUESTION:
        raise ValueError(f"longer than {MAX_QUESTION:,} bytes")
    if not text.strip():
        raise ValueError("empty")
    return text


Question = Annotated[
    str,
    Field(min_length=1, max_length=MAX_QUESTION, description="In your own words."),
    AfterValidator(_short),
]


Filter = Annotated[
    str | None,
    Field(max_length=MAX_LENGTH, description="Which passages: `type:pdf modified>=2025 folder:reports/*`."),
]


class _Request(BaseModel):
    # A misspelt name is an error, not a default.
    model_config = ConfigDict(extra="forbid")


class Search(_Request):
    """A question."""

    query: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, description="How many passages.")] = 10
    mode: Mode = "hybrid"
    filter: Filter = None
    collapse: Annotated[bool, Field(description="Show what says the same once.")] = True
    group: Annotated[Group | None, Field(description="document: k documents, each by its best passage.")] = (
        None
    )


class Hit(BaseModel):
    """A passage that answers; `search.Hit` says what each value means. A newer version may have more."""

    model_config = ConfigDict(extra="allow")

    rank: int
    score: float
    path: str
    page: int | None
    heading: list[str]
    line: int | None
    last_line: int | None
    start: int
    end: int
    text: str
    title: str
    document_id: int
    passage_id: int
    dense: float | None
    lexical: float | None
    probability: float | None
    likelihood: Likelihood | None
    alike: list[int]
    others: "list[Hit]"


class SearchResult(BaseModel):
    """The passages nearest to a question, best first."""

    query: str
    mode: Mode
    filter: Annotated[str, Field(description="As it was understood.")]
    within: Annotated[int | None, Field(description="How many documents that lets through.")]
    required: Annotated[list[str], Field(description='What every hit holds: the "quoted words".')]
    excluded: Annotated[list[str], Field(description="What no hit holds: the words after a minus.")]
    corrected: Annotated[
        list[tuple[str, str]],
        Field(description="Words that stand nowhere, each with the one searched for in its place."),
    ]
    hits: list[Hit]


class Ask(_Request):
    """A question to be answered by a sentence."""

    query: Question
    k: Annotated[int, Field(ge=1, le=MAX_K, description="How many passages come along.")] = 10
    filter: Filter = None


class Answer(BaseModel):
    """The sentence that answers, null where none was found; `search.Answer` says what each value means."""

    question: str
    required: Annotated[list[str], Field(description="As in a search.")]
    excluded: Annotated[list[str], Field(description="As in a search.")]
    text: str | None
    probability: float | None
    likelihood: Likelihood | None
    start: int
    end: int
    hit: Hit | None
    hits: list[Hit]


class FacetCounts(BaseModel):
    """Field, value, and how many documents have it: the most frequent value first."""

    facets: dict[str, dict[str, int]]


class Passage(BaseModel):
    """A passage and where it stands: `start` and `end` count code points of the document's text."""

    id: int
    document_id: int
    path: str
    title: str
    page: int | None
    heading: list[str]
    line: int | None
    start: int
    end: int
    text: str


class Document(BaseModel):
    """A document of the index. `size` in bytes, `modified` in ISO 8601."""

    id: int
    path: str
    title: str
    size: int
    modified: str
    pages: int | None
    passages: int


class Documents(BaseModel):
    """Documents in order of id. `next` is the `after` of the next request, null at the end."""

    documents: list[Document]
    next: int | None


class DocumentPage(BaseModel):
    """A document and its passages in order of place. `next` is the `begin` of the next request."""

    document: Document
    passages: list[Passage]
    next: int | None


class FileState(BaseModel):
    """What became of one file."""

    path: str
    status: str
    reason: str
    passages: int
    pages: int | None
    tokens: int


class Ledger(BaseModel):
    """Files in order of path. `total` counts all of that status; `next` is the next request's `begin`."""

    files: list[FileState]
    total: int
    next: int | None


class Folder(BaseModel):
    """A folder that may be synchronised; `name` is the last part of its path."""

    id: str
    name: str


class Sync(BaseModel):
    """How far the last run of the indexer is. Counts are of new and changed files."""

    state: Literal["idle", "running", "done", "failed", "cancelled"]
    folder: str | None
    files: int
    files_total: int
    passages: int
    folders: list[Folder]


class SyncStart(_Request):
    """Which folder to synchronise, by its id; it may be left out where there is only one."""

    folder: Annotated[str, Field(max_length=64)] | None = None


class EmbeddingRequest(_Request):
    """As OpenAI's. Lists of token ids aren't taken: they would be of another tokenizer."""

    model: Annotated[str, Field(max_length=512, description="The index's own; see /v1/models.")]
    input: Question | Annotated[list[Question], Field(min_length=1, max_length=MAX_BATCH)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    input_type: Annotated[
        InputType, Field(description="As a question, or as what questions find: of models with prompts.")
    ] = "query"
    user: Annotated[str, Field(max_length=512)] | None = None


class Embedding(BaseModel):
    """One vector, unit length: floats, or the base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens, special ones included."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """As OpenAI's."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class Info(BaseModel):
    """The state of the index. `certificate` is null where every vector is compared exactly."""

    generation: int
    documents: int
    passages: int
    tokens: int
    statuses: Annotated[dict[str, int], Field(description="How many files of each status the ledger has.")]
    bytes: Annotated[dict[str, int], Field(description="Its size on disk, by part.")]
    certificate: Certificate | None


class Model(BaseModel):
    """The encoder of the index."""

    id: str
    object: Literal["model"] = "model"
    owned_by: str = "bertrieve"
    dimension: int
    max_tokens: int


class Models(BaseModel):
    """As OpenAI's."""

    object: Literal["list"] = "list"
    data: list[Model]


class State(BaseModel):
    """Whether the server is up, or ready."""

    status: str


class ErrorDetail(BaseModel):
    """`type` for programs, `message` for people."""

    type: str
    message: str


class Error(BaseModel):
    """What every error looks like."""

    error: ErrorDetail


def errors(*besides: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: what every route may answer, and what this one may besides."""
    always = (400, 401, 403, 408, 413, 421, 422, 429, 503)
    return {status: {"model": Error} for status in (*always, *besides)}

"""DSPy: `BertrieveRetriever(index="my-index", k=5)("who signs the contract?").passages`."""

import dspy

import search
from search.adapters import metadata_of
from search.hits import Mode

__all__ = ["BertrieveRetriever"]


class BertrieveRetriever:
    """Finds the passages of the indexed documents that answer a question in plain words, best first.

    `.passages` are their texts, `.metadata` says where each stands. It is called as DSPy's own retrievers
    are, and is a tool as it is: an agent reads the sentence above.

    index   the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    k       how many, 1 to 1,000
    filter  which passages to search, such as ``type:pdf modified>=2025``; None for all

    Raises as `search.query` does.
    """

    def __init__(
        self, index: str | None = None, k: int = 10, mode: Mode = "hybrid", filter: str | None = None
    ) -> None:
        self.index, self.k, self.mode, self.filter = index, k, mode, filter

    def __call__(self, query: str, k: int | None = None) -> dspy.Prediction:
        """The passages; `k` takes the place of the retriever's own."""
        hits = search.query(
            query, self.k if k is None else k, index=self.index, mode=self.mode, filter=self.filter
        )
        return dspy.Prediction(
            passages=[hit.text for hit in hits], metadata=[metadata_of(hit) for hit in hits]
        )

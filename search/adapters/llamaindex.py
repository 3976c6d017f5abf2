"""LlamaIndex: `BertrieveRetriever(index="my-index", k=5).retrieve("who signs the contract?")`."""

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import search
from search.adapters import metadata_of
from search.hits import Mode

__all__ = ["BertrieveRetriever"]


class BertrieveRetriever(BaseRetriever):
    """Nodes are passages, best first, with the score of the hit.

    index   the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    filter  which passages to search, such as ``type:pdf modified>=2025``; None for all

    Raises as `search.query` does.
    """

    def __init__(
        self, index: str | None = None, k: int = 10, mode: Mode = "hybrid", filter: str | None = None
    ) -> None:
        self._index, self._k, self._mode, self._filter = index, k, mode, filter
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = search.query(
            query_bundle.query_str, self._k, index=self._index, mode=self._mode, filter=self._filter
        )
        return [
            NodeWithScore(
                node=TextNode(
                    id_=str(hit.passage_id),
                    text=hit.text,
                    metadata=metadata_of(hit),
                    # An answer cites these; the rest would only cost the model's context.
                    excluded_llm_metadata_keys=[*metadata_of(hit).keys() - {"source", "page"}],
                ),
                score=hit.score,
            )
            for hit in hits
        ]

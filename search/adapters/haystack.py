"""Haystack: a component that takes `query` (and `top_k`) and gives `documents`."""

from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

import search
from search.adapters import metadata_of
from search.hits import Mode

__all__ = ["BertrieveRetriever"]


@component
class BertrieveRetriever:
    """Documents are passages, best first, with the score of the hit.

    index   the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    top_k   how many, 1 to 1,000
    filter  which passages to search, such as ``type:pdf modified>=2025``; None for all

    Raises as `search.query` does.
    """

    def __init__(
        self,
        index: str | None = None,
        top_k: int = 10,
        mode: Mode = "hybrid",
        filter: str | None = None,
    ) -> None:
        self.index, self.top_k, self.mode, self.filter = index, top_k, mode, filter

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, top_k: int | None = None, filter: str | None = None
    ) -> dict[str, list[Document]]:
        """`{"documents": …}`; `top_k` and `filter` take the place of the component's own."""
        hits = search.query(
            query,
            self.top_k if top_k is None else top_k,
            index=self.index,
            mode=self.mode,
            filter=self.filter if filter is None else filter,
        )
        return {
            "documents": [
                Document(id=str(hit.passage_id), content=hit.text, meta=metadata_of(hit), score=hit.score)
                for hit in hits
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """What a pipeline is saved as."""
        return default_to_dict(self, index=self.index, top_k=self.top_k, mode=self.mode, filter=self.filter)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "BertrieveRetriever":
        """The component that `to_dict` described."""
        made: BertrieveRetriever = default_from_dict(cls, data)
        return made

"""LangChain: `BertrieveRetriever(index="my-index", k=5).invoke("who signs the contract?")`."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

import search
from search.adapters import metadata_of
from search.hits import Mode

__all__ = ["BertrieveRetriever"]


class BertrieveRetriever(BaseRetriever):
    """Documents are passages, best first. `k` may also be given with a question: `invoke(question, k=3)`.

    index  the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given

    Raises as `search.query` does.
    """

    index: str | None = None
    k: int = 10
    mode: Mode = "hybrid"

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 (LangChain passes it by name)
        k: int | None = None,
    ) -> list[Document]:
        hits = search.query(query, self.k if k is None else k, index=self.index, mode=self.mode)
        return [
            Document(page_content=hit.text, id=str(hit.passage_id), metadata=metadata_of(hit)) for hit in hits
        ]

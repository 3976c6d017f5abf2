"""LangChain: `BertrieveRetriever(index="my-index", k=5).invoke("who signs the contract?")`."""

from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor

import search
from search.adapters import metadata_of
from search.hits import Mode

__all__ = ["BertrieveRetriever"]


class BertrieveRetriever(BaseRetriever):
    """Documents are passages, best first. `k` and `filter` may also be given with a question:
    `invoke(question, k=3)`.

    index   the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    filter  which passages to search, such as ``type:pdf modified>=2025``; None for all

    Raises as `search.query` does.
    """

    index: str | None = None
    k: int = 10
    mode: Mode = "hybrid"
    filter: str | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 (LangChain passes it by name)
        k: int | None = None,
        filter: str | None = None,
    ) -> list[Document]:
        hits = search.query(
            query,
            self.k if k is None else k,
            index=self.index,
            mode=self.mode,
            filter=self.filter if filter is None else filter,
        )
        return [
            Document(page_content=hit.text, id=str(hit.passage_id), metadata=metadata_of(hit)) for hit in hits
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **asked: Any
    ) -> list[Document]:
        # LangChain's own passes on neither `k` nor `filter`.
        manager = run_manager.get_sync()
        return await run_in_executor(None, self._get_relevant_documents, query, run_manager=manager, **asked)

"""Counts for Prometheus, in a registry of their own: several servers in one process don't add up."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from indexer.store import IndexInfo

__all__ = ["Metrics"]

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
METHODS = {"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"}


class Metrics:
    """Requests by route and status, their time, and the state of the queue and of the index."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "bertrieve_requests", "Requests answered.", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "bertrieve_request_seconds",
            "From the first byte to the last.",
            labels,
            buckets=SECONDS,
            registry=self._registry,
        )
        self._pending = self._gauge("pending", "Requests that run or wait for a worker.")
        self._documents = self._gauge("documents", "Documents of the index.")
        self._passages = self._gauge("passages", "Passages of the index.")
        self._generation = self._gauge("generation", "Commits of the index so far.")

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request; its method may be anything a client sent."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, pending: int, info: IndexInfo) -> bytes:
        """All of it, in Prometheus' text format."""
        self._pending.set(pending)
        self._documents.set(info.documents)
        self._passages.set(info.passages)
        self._generation.set(info.generation)
        return generate_latest(self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"bertrieve_{name}", meaning, registry=self._registry)

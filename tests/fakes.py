"""Stand-ins for ports, holding what a test gives them. The real adapters pass the same suite (test_ports.py)."""

from datetime import UTC, datetime

from app.institutions.ports import DnsAnswer
from app.verification.evidence import ChainAnswer, Fetched, RecognisedIssuer, Recognition


class MemoryPublications:
    """Published documents by name; anything else cannot be fetched.

    `history`: name -> (since, document) of former versions, oldest first; the last before a moment was in force then.
    """

    def __init__(
        self, documents: dict[str, bytes], history: dict[str, list[tuple[datetime, bytes]]] | None = None
    ) -> None:
        self.documents = documents
        self.history = history or {}

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        return self._find(did, at)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        return self._find(url, at)

    async def status_reasons(self, url: str) -> Fetched:
        return self._find(f"{url}/reasons")

    async def accreditations(self, url: str) -> Fetched:
        return self._find(url)

    async def checkpoints(self, url: str) -> Fetched:
        return self._find(url)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return self._find(f"{url}/{digest.hex()}")

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        return self._find(url, at)

    async def credential_receipt(self, url: str) -> Fetched:
        return self._find(f"{url}/receipt")

    async def rules(self, url: str) -> Fetched:
        return self._find(url)

    def _find(self, name: str, at: datetime | None = None) -> Fetched:
        data = self.documents.get(name)
        if at is not None and name in self.history:
            data = next((one for since, one in reversed(self.history[name]) if since <= at), None)
        if data is None:
            return Fetched(datetime.now(UTC), None, "publication_unreachable", "It could not be fetched just now.")
        return Fetched(datetime.now(UTC), data)


class MemoryRegistry:
    """Recorded roots: (chain, contract, wallet, root) -> Unix time. `away` = nobody answers."""

    def __init__(self, recorded: dict[tuple[int, str, str, bytes], int], *, away: bool = False) -> None:
        self.recorded = recorded
        self.away = away

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        if self.away:
            return ChainAnswer(datetime.now(UTC), None, False, "chain_unreachable", "It could not be asked just now.")
        return ChainAnswer(datetime.now(UTC), self.recorded.get((chain_id, contract, address, root), 0), True)


class MemoryList:
    """Recognised issuers by DID; None = the verifier has no list at all."""

    def __init__(self, issuers: dict[str, tuple[str, str]] | None) -> None:
        self.issuers = issuers
        self.keys: tuple[str, ...] = ()

    async def recognise(self, did: str) -> Recognition:
        if self.issuers is None:
            return Recognition(False)
        found = self.issuers.get(did)
        return Recognition(True, RecognisedIssuer(did, *found, self.keys) if found else None)


class MemoryNames:
    """DNS records by name: TXT as a list of texts, a CNAME as its target. `away` = nobody answers."""

    def __init__(self, texts: dict[str, list[str]], aliases: dict[str, str], *, away: bool = False) -> None:
        self._texts, self._aliases = texts, aliases
        self.away = away

    async def texts(self, name: str) -> DnsAnswer:
        return DnsAnswer(failure="it was not asked.") if self.away else DnsAnswer(tuple(self._texts.get(name, ())))

    async def alias(self, name: str) -> DnsAnswer:
        if self.away:
            return DnsAnswer(failure="it was not asked.")
        return DnsAnswer((self._aliases[name],) if name in self._aliases else ())

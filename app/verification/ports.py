"""What a verifier needs of the outside. Failures come back as values: a dead network is evidence of nothing."""

from typing import Protocol

from app.verification.evidence import ChainAnswer, Fetched, Recognition


class Publications(Protocol):
    """Documents that issuers publish."""

    async def did_document(self, did: str) -> Fetched: ...

    async def status_list(self, url: str) -> Fetched: ...


class Registry(Protocol):
    """The chain's registry contract."""

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer: ...


class Recogniser(Protocol):
    """The verifier's own list of issuers."""

    async def recognise(self, did: str) -> Recognition: ...

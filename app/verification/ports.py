"""What a verifier needs of the outside. Failures come back as values: a dead network is evidence of nothing."""

from datetime import datetime
from typing import Protocol

from app.verification.evidence import ChainAnswer, Fetched, Recognition


class Publications(Protocol):
    """Documents that issuers publish. `at` asks for the version that was in force then; None = the current one."""

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched: ...

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched: ...

    async def status_reasons(self, url: str) -> Fetched:
        """Why and when places of the status list at `url` were set. Asked as a whole: nobody learns which place."""
        ...

    async def accreditations(self, url: str) -> Fetched:
        """The accreditation credentials behind an institution, up to a root."""
        ...

    async def checkpoints(self, url: str) -> Fetched:
        """The signed list of an institution's checkpoints."""
        ...

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        """The register receipt for a digest, from the institution's page of receipts at `url`.

        It tells an issuer which credential is being looked at: asked to make a bundle, never to verify.
        """
        ...

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        """A credential that an award names as its part, the bytes that were signed.

        With `rules` and `credential_receipt`, the one question of a verification that tells an issuer which credential
        is being looked at. Whoever would rather not ask has the award as a bundle, which brings its parts.
        """
        ...

    async def credential_receipt(self, url: str) -> Fetched:
        """The register receipt of the credential at `url`; asked only where nothing else shows when it was signed."""
        ...

    async def rules(self, url: str) -> Fetched:
        """The rule set by which the parts of an award add up, the bytes that were published."""
        ...


class Registry(Protocol):
    """The chain's registry contract."""

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer: ...


class Recogniser(Protocol):
    """The verifier's own list of issuers."""

    async def recognise(self, did: str) -> Recognition: ...

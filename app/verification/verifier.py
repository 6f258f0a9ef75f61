"""A verifier put together: whoever has one can have a credential checked, its proofs alone, or a presentation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.standards.data_integrity import CanonicalForm
from app.verification import presentation, proof_only
from app.verification.bounded import QUESTION_SECONDS
from app.verification.evidence import Submission
from app.verification.ports import Publications
from app.verification.proof_only import ASSERTION, UNASKED, Occasion
from app.verification.report import Report
from app.verification.several import VerifyCredential


@dataclass(frozen=True, slots=True)
class Verifier:
    """`credential` is the full check, which binds the signature to a recognised issuer.

    `canonicaliser` is for proofs on their own and for the proofs of holders; it may know more vocabularies than the
    full check allows. `within` is for what is asked of signers on their own, in seconds.
    """

    credential: VerifyCredential
    publications: Publications
    canonicaliser: CanonicalForm
    now: Callable[[], datetime]
    within: float = QUESTION_SECONDS

    async def proofs(
        self, credential: Mapping[str, Any], occasion: Occasion = UNASKED, purpose: str = ASSERTION
    ) -> Report:
        """As `proof_only.verify`."""
        return await proof_only.verify(
            credential,
            publications=self.publications,
            canonicaliser=self.canonicaliser,
            now=self.now(),
            occasion=occasion,
            purpose=purpose,
            within=self.within,
        )

    async def presentation(
        self,
        document: Mapping[str, Any],
        occasion: Occasion = UNASKED,
        *,
        proofs_only: bool = False,
        as_of: datetime | None = None,
    ) -> Report:
        """As `presentation.verify`, each credential in it checked in full, or by its proofs alone.

        `as_of` only says what `credential` asks about.
        """
        return await presentation.verify(
            document,
            verify_credential=self._proofs_of if proofs_only else self.credential,
            publications=self.publications,
            canonicaliser=self.canonicaliser,
            now=self.now(),
            occasion=occasion,
            proofs_only=proofs_only,
            within=self.within,
            as_of=as_of,
        )

    async def _proofs_of(self, submission: Submission) -> Report:
        return await self.proofs(submission.credential)

"""Verifying a file as anybody could: no database, no account; the document, what the issuer publishes, a chain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.contexts import canonicaliser
from app.adapters.pdf import attached_json
from app.adapters.publications import BundledPublications, HttpPublications
from app.adapters.recognition import FileList
from app.adapters.registry import EvmRegistry, NoRegistry
from app.errors import Refused
from app.settings import Settings
from app.verification import carriers, verify
from app.verification.ports import Publications, Registry
from app.verification.report import Report


async def verify_file(
    data: bytes, *, rpc_url: str | None, issuers: Path, served_at: str | None, offline: bool, base: Settings
) -> Report:
    """The report on a credential or bundle, plain or inside a picture or PDF. Raises `Refused` for what is not one."""
    submission, bundle = verify.read_submission(carriers.unwrap(data, attached_json).payload)
    if submission.embedded:
        # One report on the outer document would vouch for credentials that nobody looked at.
        raise Refused("several_credentials", "This file holds several credentials. Check each as a file of its own.")
    recogniser = FileList(issuers)
    publications: Publications = BundledPublications(bundle, recogniser)
    if not offline:
        publications = HttpPublications(allow_localhost=True, served_at=served_at)
    async with _registry(rpc_url, base) as registry:
        return await verify.verify(
            submission,
            publications=publications,
            registry=registry,
            recogniser=recogniser,
            canonicaliser=canonicaliser(),
            now=datetime.now(UTC),
        )


@asynccontextmanager
async def _registry(rpc_url: str | None, base: Settings) -> AsyncIterator[Registry]:
    if rpc_url is None:
        yield NoRegistry()
        return
    from app.adapters.evm import EvmChain

    chain = EvmChain(rpc_url, base.finality, base.contracts_dir)
    try:
        yield EvmRegistry(chain)
    finally:
        await chain.close()

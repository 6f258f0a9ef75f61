"""Verifying a file as anybody could: no database, no account; the document, what the issuer publishes, a chain."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.bundled import BundledPublications
from app.adapters.connecting import by_chain, read_node
from app.adapters.contexts import canonicaliser
from app.adapters.pdf import attached_json
from app.adapters.publications import HttpPublications
from app.adapters.recognition import FileList
from app.adapters.registry import NoRegistry, registry_by_chain
from app.errors import OutsideFailed, Refused
from app.settings import Settings
from app.verification import carriers, verify
from app.verification.bundling import Bundle, make_bundle
from app.verification.checks.trail import Trail
from app.verification.evidence import Submission
from app.verification.once import AskedOnce
from app.verification.ports import Publications, Registry
from app.verification.report import Report
from app.verification.verifier import Verifier


async def verify_file(
    data: bytes,
    *,
    rpc_urls: Sequence[str],
    issuers: Path,
    served_at: str | None,
    offline: bool,
    base: Settings,
    as_of: datetime | None = None,
) -> Report:
    """The report on a credential, bundle, record or presentation, as of now or a past moment; plain, or in a picture
    or PDF.

    `rpc_urls` are nodes, of several chains if need be, each perhaps with the number of its chain before it; of those of
    one chain, only what all of them say is believed. Raises `Refused` for what is not one.
    """
    submission, bundle = verify.read_submission(carriers.unwrap(data, attached_json).payload)
    recogniser = FileList(issuers)
    publications: Publications = BundledPublications(bundle, recogniser)
    if not offline:
        publications = HttpPublications(allow_localhost=True, served_at=served_at)
    now, form, publications = datetime.now(UTC), canonicaliser(), AskedOnce(publications)
    async with _registry(rpc_urls, base) as registry:

        async def in_full(one: Submission) -> Report:
            return await verify.verify(
                one,
                publications=publications,
                registry=registry,
                recogniser=recogniser,
                canonicaliser=form,
                now=now,
                as_of=as_of,
            )

        if submission.presentation is None:
            return await in_full(submission)
        verifier = Verifier(in_full, publications, form, lambda: now)
        return await verifier.presentation(submission.presentation, as_of=as_of)


async def fetch_credential(url: str, *, served_at: str | None) -> bytes:
    """The credential at an address a person gave: the document's own, or that of a page of ours which checks it.

    Raises `OutsideFailed("credential_not_fetched")`.
    """
    publications = HttpPublications(allow_localhost=True, served_at=served_at)
    fetched = await publications.credential(url.replace("/verify/", "/credentials/"))
    if fetched.data is None:
        raise OutsideFailed("credential_not_fetched", fetched.failure)
    return fetched.data


async def bundle_of(data: bytes, *, issuers: Path, served_at: str | None) -> Bundle:
    """A bundle of a credential, made from public sources alone. Raises `Refused` (not_bundled, what reading raises)."""
    submission, _ = verify.read_submission(data)
    try:
        return await make_bundle(
            submission,
            publications=HttpPublications(allow_localhost=True, served_at=served_at),
            registry=NoRegistry(),
            recogniser=FileList(issuers),
            canonicaliser=canonicaliser(),
            trail=Trail(datetime.now(UTC)),
        )
    except ValueError as error:
        raise Refused("not_bundled", f"No bundle was made. {error}") from None


@asynccontextmanager
async def _registry(rpc_urls: Sequence[str], base: Settings) -> AsyncIterator[Registry]:
    if not rpc_urls:
        yield NoRegistry()
        return
    from app.wiring import chain_rules, finality_on, registers_of

    named = [read_node(url) for url in rpc_urls]
    rule = chain_rules(base).finality
    chains, silent = await by_chain(named, lambda number: finality_on(base, number), rule, base.contracts_dir)
    try:
        yield registry_by_chain(chains, silent, registers_of(base))
    finally:
        for chain in (*(node for nodes in chains.values() for node in nodes), *silent):
            await chain.close()

"""No published file is left unread but those named here, with the reason."""

from collections.abc import Mapping
from pathlib import Path

from tests.vectors import published

UNREAD: Mapping[str, str] = {
    "SHA256SUMS": "About the files, not one of them.",
    "SOURCES.md": "About the files, not one of them.",
    "elm/PROVENANCE.md": "About the files, not one of them.",
    "elm/edc-generic-full.ttl": "Shapes in SHACL; what is written in this format is checked against its terms.",
    "case11/*cfassociation*": "A part of the schema of packages, which is read.",
    "case11/*cfdocument*": "A part of the schema of packages, which is read.",
    "case11/*cfitem*": "A part of the schema of packages, which is read.",
    "case11/*cfrubric*": "CASE 1.1: rubrics are not imported.",
    "oid4vci/**/*": "Protocols between wallets, and tokens (SD-JWT, mdoc): nothing here speaks them yet.",
    "oz-merkle-dumps/*": "Trees of sorted pairs over Keccak-256; ours are those of RFC 9162.",
    "blockcerts/blockcerts-3.2-context.json": "A vocabulary that is not pinned: its credentials are refused by suite.",
    "rdf-canon/LICENCE.md": "About the files, not one of them.",
    "schemas/ler-rs-sample-vcwrapper.json": "LER-RS: a format that nothing here reads or writes.",
    "schemas/ob_v3p0_achievementcredential_schema.strict-jsonld-2024.json": "Withdrawn by its publisher for the newer "
    "copy beside it.",
    "schemas/clr_v2p0_getclrcredentialsresponse_schema.json": "Requires nothing: every object is valid.",
    "di-ecdsa/*Mandatory.json": "What an issuer of ecdsa-sd-2023 chooses; we only check it.",
    "di-ecdsa/*Selective.json": "What a holder chooses to show; we only check it.",
    "di-ecdsa/prCredUnsigned.json": "What an issuer of ecdsa-sd-2023 starts from; we only check what comes of it.",
    "di-ecdsa/ecdsa-sd-2023/*/addPointerValues.json": "How an issuer divides a document; we only check it.",
    "di-ecdsa/ecdsa-sd-2023/*/derivedAdj*.json": "How a holder numbers what is shown; we only check it.",
    "di-ecdsa/ecdsa-sd-2023/*/derivedAllGroupData.json": "How a holder selects; we only check what is shown.",
    "di-ecdsa/ecdsa-sd-2023/*/derivedGroupIndexes.json": "How a holder selects; we only check what is shown.",
    "di-ecdsa/ecdsa-sd-2023/*/derivedRecoveredBaseData.json": "What a holder reads from its own copy, secret and all.",
}
"""Pattern under the folder of the vectors -> why nothing reads it."""


def unread() -> dict[str, set[Path]]:
    return {pattern: {path for path in published.ROOT.glob(pattern) if path.is_file()} for pattern in UNREAD}


def test_every_published_file_is_read_by_a_test_or_named_here(opened: set[Path] | None) -> None:
    """Where not all tests of this folder are run, only that the names are of files, each once."""
    published.folder("contexts")
    excused = unread()
    assert {pattern for pattern, files in excused.items() if not files} == set()
    named = [path for files in excused.values() for path in files]
    assert len(named) == len(set(named))
    if opened is not None:
        everything = {path for path in published.ROOT.rglob("*") if path.is_file()}
        assert everything - opened == set(named)

"""Credentials signed per second of one core, by the code that issues them.

The documents have the shape the product issues (`open_badge.achievement_credential`, four alignments), each for
another learner. "Signed" is all of `credentials.signing.Issuer.sign` with a key from an encrypted file: canonical form
of document and proof options by compiled shape, SHA-256, Ed25519, verification of the own signature, base58, binding
digest; then the JSON bytes that are stored. "As prepared bytes" is what an import does: the stored unsigned document is
read, signed, and the proof added to its bytes. Unit: documents per processor second. Against: PyLD canonicalising the
same documents (without any signature), the same signing over general JSON-LD (each document read from its contexts on),
the same signing with the other canonical form that there is (eddsa-jcs-2022, the guarded JCS of `standards.jcs`: no
contexts, no RDF), one bare Ed25519 signature, and one with one bare verification, which is the least that a signature
checked by its maker can take.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from app.adapters.contexts import canonicaliser
from app.standards import anchor_receipt, data_integrity, multikey
from app.standards.compiled_shape import ShapeCache
from benchmarks import material, references
from benchmarks.figures import Round, Section, once, race
from benchmarks.scale import Scale

_FLOOR = "one bare signature and one bare verification"
_GUARDED_JCS = "signed with eddsa-jcs-2022 (guarded JCS), the same checks"


def measure(scale: Scale, folder: Path) -> Section:
    """Signing, whole and in parts; `folder` holds the key file."""
    college = material.college(folder)
    documents = material.credentials(college.identity.institution, scale.credentials)
    prepared = [material.to_bytes(document) for document in documents]
    few = documents[: scale.slow_documents]
    full, compiled, pyld = canonicaliser(), ShapeCache(canonicaliser()), references.PyLd()
    fast, slow = college.issuer(compiled), college.issuer(full)

    first = once(lambda: fast.sign(documents[0], material.NOW))
    for document in few[:5]:
        assert compiled.n_quads(document) == full.n_quads(document) == pyld.n_quads(document)
    assert compiled.is_compiled(documents[-1])

    def sign(document: Mapping[str, Any]) -> bytes:
        return material.to_bytes(fast.sign(document, material.NOW)[0])

    public = multikey.decode_multikey(college.identity.signing_key.public_key)

    def sign_jcs(document: Mapping[str, Any]) -> bytes:
        """What `Issuer.sign` does, step by step, with JCS."""
        options = data_integrity.proof_options(data_integrity.JCS, fast.key_id, material.NOW)
        options = {"@context": document["@context"], **options}
        hash_data = data_integrity.hash_jcs(document, options)
        signature = fast.sign_bytes(hash_data)
        assert data_integrity.verify_signature(public, signature, hash_data)
        anchor_receipt.binding_digest(hash_data, signature)
        return material.to_bytes(data_integrity.secured(document, options, signature))

    taken = race(
        {
            "sign": _over(documents, sign),
            "import": _over(prepared, lambda data: fast.sign_prepared(data, material.NOW)),
            "jcs": _over(documents, sign_jcs),
            "full": _over(few, lambda document: material.to_bytes(slow.sign(document, material.NOW)[0])),
            "pyld": _over(few, pyld.n_quads),
            "ed25519 sign": references.repeated(references.bare_sign(), scale.credentials),
            "ed25519 verify": references.repeated(references.bare_verify(), scale.credentials),
        },
        scale.rounds,
    )
    section = Section("Signing: credentials per second of one core")
    for name, key in (
        ("signed (compiled shape, checked, as stored bytes)", "sign"),
        ("signed as prepared bytes (an import's row, read first)", "import"),
        ("signed over general JSON-LD", "full"),
        (_GUARDED_JCS, "jcs"),
    ):
        section.add(name, taken[key].rate, "/s", taken[key].faster_than(taken["pyld"]), references.PYLD)
    against_signature = taken["sign"].faster_than(taken["ed25519 sign"])
    section.add("signed (compiled shape)", taken["sign"].rate, "/s", against_signature, references.ED25519_SIGN)
    against_full = taken["sign"].faster_than(taken["full"])
    section.add("signed (compiled shape)", taken["sign"].rate, "/s", against_full, "signed over general JSON-LD")
    section.add(
        "signed (compiled shape)", taken["sign"].rate, "/s", taken["sign"].faster_than(taken["jcs"]), _GUARDED_JCS
    )
    floor = 1 / (1 / taken["ed25519 sign"].rate + 1 / taken["ed25519 verify"].rate)
    section.add(_FLOOR, floor, "/s", floor / taken["pyld"].rate, references.PYLD)
    section.add("signed (compiled shape)", taken["sign"].rate, "/s", taken["sign"].rate / floor, _FLOOR)
    section.add(references.PYLD, taken["pyld"].rate, "/s", 1.0, "reference")
    section.add(references.ED25519_SIGN, taken["ed25519 sign"].rate, "/s", 1.0, "reference")
    section.add(references.ED25519_VERIFY, taken["ed25519 verify"].rate, "/s", 1.0, "reference")
    section.add("first document of a shape (compiles it)", 1000 * first, "ms")
    _parts(section, college, compiled, documents, scale)
    section.notes.append(
        "The floor of a signed and self-checked credential is one Ed25519 signature and one verification. "
        "Compiled, full and PyLD canonical forms were compared before measuring and were equal."
    )
    return section


def _parts(
    section: Section, college: material.College, compiled: ShapeCache, documents: list[dict[str, Any]], scale: Scale
) -> None:
    """Where the time of one signature goes, as shares of the whole."""
    issuer = college.issuer(compiled)
    options = data_integrity.proof_options(data_integrity.RDFC, issuer.key_id, material.NOW)
    hash_data = data_integrity.hash_rdfc(compiled, documents[0], options)
    signature = issuer.sign_bytes(hash_data)
    public = college.identity.signing_key.public_key
    parts: dict[str, Callable[[Any], object]] = {
        "whole": lambda document: material.to_bytes(issuer.sign(document, material.NOW)[0]),
        "canonical forms and SHA-256": lambda document: data_integrity.hash_rdfc(compiled, document, options),
        "Ed25519 signature": lambda _: issuer.sign_bytes(hash_data),
        "verification of the own signature": lambda _: data_integrity.verify_signature(
            multikey.decode_multikey(public), signature, hash_data
        ),
        "base58 and proof": lambda document: data_integrity.secured(document, options, signature),
        "JSON bytes": material.to_bytes,
    }
    taken = race({name: _over(documents, part) for name, part in parts.items()}, scale.rounds)
    whole = taken.pop("whole")
    for name, timing in taken.items():
        section.add(f"of which: {name}", 1000 * timing.milliseconds, "µs", timing.slower_than(whole), "signed")


def _over(inputs: Iterable[Any], work: Callable[[Any], object]) -> Round:
    items = list(inputs)

    def one_round() -> int:
        for item in items:
            work(item)
        return len(items)

    return one_round

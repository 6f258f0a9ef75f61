"""Reading what an institution signs about its log, with the keys of its DID document and no others."""

from collections.abc import Mapping
from typing import Any

from app.standards import checkpoint_list, data_integrity, did, signed_note, strict_json, tlog_checkpoint
from app.standards.checkpoint_list import CheckpointList
from app.standards.data_integrity import ProofProblem
from app.standards.did import DidDocument
from app.standards.multikey import KeyType
from app.standards.signed_note import NoteKey
from app.standards.tlog_checkpoint import LogCheckpoint

MAX_DID_DOCUMENT = 100_000
MAX_LIST = checkpoint_list.MAX_BYTES
MAX_KEYS = 100_000
LOG_SERVICE = "TransparencyLog"
LIST_SERVICE = "CheckpointList"


class NotSigned(ValueError):
    """It can be read, but carries no signature of the institution's that holds."""


def read_did_document(data: bytes, name: str) -> DidDocument:
    """Raises `ValueError`."""
    return did.read_document(strict_json.parse_object(data, MAX_DID_DOCUMENT), name)


def keys_of(document: DidDocument, log_url: str) -> list[NoteKey]:
    """The verifier keys of the log: the Ed25519 keys the institution lists for signing, those given up left out."""
    return [
        tlog_checkpoint.key_of(log_url, key.key.data)
        for key in document.signing_keys
        if key.key.type is KeyType.ED25519 and key.revoked is None
    ]


def read_checkpoint(data: bytes, document: DidDocument, log_url: str) -> LogCheckpoint:
    """Raises `NotSigned`, or `ValueError` for what is no checkpoint of this log."""
    note = signed_note.read(data)
    checkpoint = tlog_checkpoint.read(note.text)
    if checkpoint.origin != tlog_checkpoint.origin_of(log_url):
        raise ValueError("it is of another log")
    if note.signed_by(keys_of(document, log_url)) is None:
        raise NotSigned("it is not signed by the institution")
    return checkpoint


def read_list(data: bytes, document: DidDocument) -> CheckpointList:
    """Raises `NotSigned`, or `ValueError` for what is no list of this institution."""
    members = strict_json.parse_object(data, MAX_LIST)
    listed = checkpoint_list.read(members, document.id)
    if not signed_by(members, document):
        raise NotSigned("it is not signed by the institution")
    return listed


def signed_by(members: Mapping[str, Any], document: DidDocument) -> bool:
    """Whether a document of the institution that is not a credential (eddsa-jcs-2022) is signed with a key in force."""
    try:
        proof = data_integrity.read_proof(members)
        key = document.signing_key(proof.verification_method)
        if key is None or key.revoked is not None:
            return False
        if proof.cryptosuite != data_integrity.JCS or proof.purpose != "assertionMethod":
            return False
        hashed = data_integrity.hash_jcs(members, proof.options)
    except (ProofProblem, ValueError):
        return False
    return data_integrity.verify_signature(key.key, proof.signature, hashed)

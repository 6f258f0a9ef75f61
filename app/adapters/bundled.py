"""What a bundle brings with it, for checking offline."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.adapters.publications import failed
from app.standards import did as did_standard
from app.standards.accreditation import LIST_TYPE
from app.verification.evidence import Fetched
from app.verification.ports import Recogniser

THE_FILE = "the file itself"
LACKS = "bundle_lacks_document"


class BundledPublications:
    """The members of a bundle as if they had been fetched.

    Whoever made the file chose the keys in it, so they count only if the verifier's own list vouches for each.

    Beside what is about the credential itself, the bundle of an award brings its `parts` by identifier, the `rules` by
    address, both as texts, so that they have the bytes that the award names, and what is `published` about the parts
    by name or address, as far as it is not there already.
    """

    def __init__(self, bundle: Mapping[str, Any], recogniser: Recogniser) -> None:
        self._bundle = bundle
        self._recogniser = recogniser

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        fetched = self._member("didDocument", did, "the issuer's published keys")
        issuer = (await self._recogniser.recognise(did)).issuer
        if fetched.data is None and issuer is not None:
            fetched = self._of_others(did, "an accreditor's published keys")
        if fetched.data is None or issuer is None:
            return fetched
        try:
            brought = did_standard.read_document(json.loads(fetched.data), did).signing_keys
        except ValueError:
            return fetched
        if all(key.key.encode() in issuer.keys for key in brought):
            return fetched
        return failed(
            "bundle_key_unknown", "The file brings keys that the list of colleges does not name; check it online."
        )

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        found = self._member("statusListCredential", url, "the list of withdrawn credentials")
        return found if found.data is not None else self._of_others(url, "the list of withdrawn credentials")

    async def status_reasons(self, url: str) -> Fetched:
        found = self._member("statusReasons", url, "the reasons for withdrawals", "statusListCredential")
        return found if found.data is not None else self._published(f"{url}/reasons", "the reasons for withdrawals")

    async def accreditations(self, url: str) -> Fetched:
        brought, document = self._bundle.get("accreditation"), self._bundle.get("didDocument")
        if not isinstance(brought, list) or not isinstance(document, dict) or not self._is_named(url):
            return self._published(url, "the issuer's accreditations")
        listed = {"type": LIST_TYPE, "subject": document.get("id"), "accreditations": brought}
        return Fetched(None, _bytes(listed), source=THE_FILE)

    async def checkpoints(self, url: str) -> Fetched:
        what = "the issuer's list of register entries"
        return self._member("checkpoints", None, what) if self._is_named(url) else self._published(url, what)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return self._member("anchorReceipt", None, "a register receipt")

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        text = self._part(url).get("document")
        if not isinstance(text, str):
            return _lacks("a part of the award")
        return Fetched(None, text.encode("utf-8", "replace"), source=THE_FILE)

    async def credential_receipt(self, url: str) -> Fetched:
        receipt = self._part(url).get("anchorReceipt")
        if not isinstance(receipt, dict):
            return _lacks("a register receipt")
        return Fetched(None, _bytes(receipt), source=THE_FILE)

    async def rules(self, url: str) -> Fetched:
        brought = self._bundle.get("rules")
        text = brought.get(url) if isinstance(brought, dict) else None
        if not isinstance(text, str):
            return _lacks("the rules of the award")
        return Fetched(None, text.encode("utf-8", "replace"), source=THE_FILE)

    def _part(self, url: str) -> Mapping[str, Any]:
        brought = self._bundle.get("parts")
        part = brought.get(f"urn:uuid:{url.rpartition('/')[2]}") if isinstance(brought, dict) else None
        return part if isinstance(part, dict) else {}

    def _is_named(self, url: str) -> bool:
        """Whether the issuer of the credential itself publishes something there; else it is about somebody else."""
        document = self._bundle.get("didDocument")
        services = document.get("service") if isinstance(document, dict) else None
        return isinstance(services, list) and any(
            isinstance(one, dict) and one.get("serviceEndpoint") == url for one in services
        )

    def _of_others(self, name: str, what: str) -> Fetched:
        """What the file brings of those behind the issuer, or of the issuers of parts; their keys count only if the
        list of colleges names them."""
        brought = self._bundle.get("accreditorDocuments")
        document = brought.get(name) if isinstance(brought, dict) else None
        if not isinstance(document, dict) or document.get("id") != name:
            return self._published(name, what)
        return Fetched(None, _bytes(document), source=THE_FILE)

    def _published(self, name: str, what: str) -> Fetched:
        brought = self._bundle.get("published")
        document = brought.get(name) if isinstance(brought, dict) else None
        return Fetched(None, _bytes(document), source=THE_FILE) if isinstance(document, dict) else _lacks(what)

    def _member(self, name: str, document_id: str | None, what: str, id_member: str = "id") -> Fetched:
        member = self._bundle.get(name)
        if not isinstance(member, dict) or document_id not in (None, member.get(id_member)):
            return _lacks(what)
        return Fetched(None, _bytes(member), source=THE_FILE)


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _lacks(what: str) -> Fetched:
    return failed(LACKS, f"The file does not bring {what}, and nobody was to be asked.")

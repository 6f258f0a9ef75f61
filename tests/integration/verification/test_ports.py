"""One suite for each port of verification, run against the stand-in and every real adapter."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from app.adapters.bundled import BundledPublications
from app.adapters.evm import EvmChain
from app.adapters.publications import HostedPublications, HttpPublications, KnownPublications
from app.adapters.recognition import FileList, KnownTenant, TenantList
from app.adapters.registry import EvmRegistry, NoRegistry
from app.credentials import service as credentials
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.institutions.model import published_wallet
from app.stacking import packs
from app.standards import anchor_receipt, status_list
from app.verification.ports import Publications, Recogniser, Registry
from app.wiring import now
from tests.fakes import MemoryList, MemoryPublications, MemoryRegistry
from tests.integration.conftest import PUBLIC_URL, Foundation, Installation, fresh_installation

PACK = "/rules/hnc-computing-2022/2"
STRANGER = "did:web:nobody.invalid"


class World:
    """An installation with one anchored credential, and its bundle taken apart."""

    def __init__(self, installation: Installation, number: UUID, part: bytes, bundle: bytes) -> None:
        self.installation, self.number, self.part = installation, number, part
        self.bundle = json.loads(bundle)
        self.issuer = installation.issuer.institution
        self.receipt = anchor_receipt.read_receipt(self.bundle["anchorReceipt"])
        entry = status_list.read_entry(self.bundle["credential"])
        assert entry is not None
        self.list_url = entry[0]
        self.documents = {
            self.issuer.did: json.dumps(self.bundle["didDocument"]).encode(),
            self.list_url: json.dumps(self.bundle["statusListCredential"]).encode(),
        }


@pytest_asyncio.fixture(scope="module")
async def world(foundation: Foundation) -> AsyncIterator[World]:
    async with fresh_installation(foundation) as installation:
        credential = await installation.issue_one()
        await installation.work()
        async with transaction(installation.wiring.engine) as conn:
            part = await credentials.document(conn, credential.id)
        yield World(installation, credential.id, part, await installation.bundle(credential.id))


def publications(kind: str, world: World) -> Publications:
    elsewhere = HttpPublications(allow_localhost=False)
    issuers = MemoryList({world.issuer.did: (world.issuer.name, world.issuer.ukprn)})
    issuers.keys = (world.installation.issuer.identity.signing_key.public_key,)
    made: dict[str, Publications] = {
        "memory": MemoryPublications(world.documents),
        "known": KnownPublications(dict(world.documents), now()),
        "bundled": BundledPublications(world.bundle, issuers),
        "hosted": HostedPublications(world.installation.wiring.engine, elsewhere, now, PUBLIC_URL),
    }
    return made[kind]


@pytest.mark.parametrize("kind", ["memory", "known", "bundled", "hosted"])
async def test_publications(world: World, kind: str) -> None:
    port = publications(kind, world)
    found = [await port.did_document(world.issuer.did), await port.status_list(world.list_url)]
    assert [json.loads(one.data or b"null") for one in found] == [
        json.loads(world.documents[world.issuer.did]),
        json.loads(world.documents[world.list_url]),
    ]
    # What is not published is a failure with a code and a sentence, never an exception and never an empty document.
    for missing in (await port.did_document(STRANGER), await port.status_list("https://nobody.invalid/status/1")):
        assert missing.data is None
        assert missing.code
        assert missing.failure.endswith(".")


@pytest.mark.parametrize("kind", ["memory", "known", "bundled", "hosted"])
async def test_what_an_award_is_made_of(world: World, kind: str) -> None:
    rules_url, part_url = PUBLIC_URL + PACK, f"{PUBLIC_URL}/credentials/{world.number}"
    world.documents |= {
        rules_url: packs.pack_bytes("hnc-computing-2022", 2),
        part_url: world.part,
        f"{part_url}/receipt": json.dumps(world.bundle["anchorReceipt"]).encode(),
    }
    world.bundle["rules"] = {rules_url: packs.pack_bytes("hnc-computing-2022", 2).decode()}
    world.bundle["parts"] = {
        f"urn:uuid:{world.number}": {"document": world.part.decode(), "anchorReceipt": world.bundle["anchorReceipt"]}
    }
    port = publications(kind, world)
    # Bytes, not what they say: an award names their digest.
    assert (await port.rules(rules_url)).data == packs.pack_bytes("hnc-computing-2022", 2)
    assert (await port.credential(part_url)).data == world.part
    receipt = (await port.credential_receipt(part_url)).data
    assert json.loads(receipt or b"null") == world.bundle["anchorReceipt"]
    nowhere = f"{PUBLIC_URL}/credentials/{UUID(int=1)}"
    for missing in (
        await port.rules(f"{PUBLIC_URL}/rules/nothing/1"),
        await port.rules(f"{PUBLIC_URL}/rules/hnc-computing-2022/x"),
        await port.credential(nowhere),
        await port.credential(f"{PUBLIC_URL}/credentials/what"),
        await port.credential_receipt(nowhere),
    ):
        assert missing.data is None
        assert missing.code
        assert missing.failure.endswith(".")


@pytest.mark.parametrize("kind", ["memory", "evm"])
async def test_registry(world: World, kind: str) -> None:
    receipt = world.receipt
    key = (receipt.chain_id, receipt.contract, receipt.anchored_by.address, receipt.root)
    port: Registry = world.installation.wiring.registry
    if kind == "memory":
        port = MemoryRegistry({key: 1_800_000_000})
    recorded = await port.anchored(*key)
    assert recorded.final
    assert (recorded.anchored_at or 0) > 0
    for wrong in ((*key[:3], bytes(32)), (key[0], key[1], "0x" + "11" * 20, key[3])):
        assert (await port.anchored(*wrong)).anchored_at == 0


@pytest.mark.parametrize("kind", ["memory", "evm", "none"])
async def test_a_registry_that_is_away_knows_nothing(world: World, kind: str) -> None:
    settings = world.installation.settings
    unreachable = EvmChain("http://127.0.0.1:9", "finalized", settings.contracts_dir)
    ports: dict[str, Registry] = {
        "memory": MemoryRegistry({}, away=True),
        "evm": EvmRegistry(unreachable),
        "none": NoRegistry(),
    }
    try:
        answer = await ports[kind].anchored(31337, "0x" + "22" * 20, "0x" + "11" * 20, bytes(32))
    finally:
        await unreachable.close()
    assert answer.anchored_at is None
    assert not answer.final
    assert answer.code


@pytest.mark.parametrize("kind", ["memory", "tenants", "tenant", "files"])
async def test_recognition(world: World, kind: str, tmp_path: Path) -> None:
    identity = world.installation.issuer.identity
    statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
    (tmp_path / "northgate.json").write_text(json.dumps(statement), encoding="utf-8")
    (tmp_path / "torn.json").write_text("{", encoding="utf-8")
    ports: dict[str, Recogniser] = {
        "memory": MemoryList({world.issuer.did: (world.issuer.name, world.issuer.ukprn)}),
        "tenants": TenantList(world.installation.wiring.engine),
        "tenant": KnownTenant(world.issuer),
        "files": FileList(tmp_path),
    }
    found = await ports[kind].recognise(world.issuer.did)
    assert found.known
    assert found.issuer is not None
    assert (found.issuer.did, found.issuer.name) == (world.issuer.did, world.issuer.name)
    assert found.issuer.ukprn == world.issuer.ukprn
    assert not found.issuer.is_root
    stranger = await ports[kind].recognise(STRANGER)
    assert (stranger.known, stranger.issuer) == (True, None)


async def test_the_scheme_operator_alone_is_a_root(world: World, tmp_path: Path) -> None:
    wiring = world.installation.wiring
    async with transaction(wiring.engine) as conn:
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name="The Scheme",
            public_url=world.issuer.public_url,
            chain_id=31337,
            contract=str(world.installation.settings.registry_address),
            now=now(),
        )
    for identity in (world.installation.issuer.identity, operator.identity):
        statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
        (tmp_path / f"{identity.institution.slug}.json").write_text(json.dumps(statement), encoding="utf-8")
    ports: list[Recogniser] = [
        TenantList(wiring.engine),
        KnownTenant(world.issuer, operator.institution),
        FileList(tmp_path),
    ]
    for port in ports:
        roots = {}
        for one in (world.issuer, operator.institution):
            found = (await port.recognise(one.did)).issuer
            assert found is not None
            roots[found.name] = found.is_root
        assert roots == {world.issuer.name: False, "The Scheme": True}


async def test_no_list_at_all_recognises_nobody(world: World, tmp_path: Path) -> None:
    for port in (MemoryList(None), FileList(tmp_path)):
        answer = await port.recognise(world.issuer.did)
        assert (answer.known, answer.issuer) == (False, None)

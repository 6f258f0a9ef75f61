"""Accreditations after the loss of a key and a change of wallet: signed again at once, so that all below them stands."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, places_of
from app.credentials import keys
from app.credentials.accreditation_audit import audit_accreditations
from app.credentials.accrediting import EVERY
from app.credentials.keys import KeyChange
from app.credentials.signing import Issuer
from app.database import transaction
from app.institutions import upkeep
from app.standards import did
from app.standards.anchor_receipt import LeafKind
from app.verification.report import Outcome
from app.wiring import now
from tests.integration.credentials.test_accrediting import Scheme
from tests.integration.credentials.test_accrediting import scheme as scheme
from tests.integration.credentials.test_correcting import everything


async def lose_key(scheme: Scheme, issuer: Issuer, since: datetime | None = None) -> KeyChange:
    wiring = scheme.installation.wiring
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, issuer.institution.id)
        moment = now()
        return await keys.compromise(
            conn, wiring.keystore, wiring.compiled, issuer.institution.id, since=since or moment, now=moment
        )


async def new_wallet(scheme: Scheme, issuer: Issuer, *, publish: bool = True) -> str:
    """Another wallet for an institution, and what it then publishes; the account as edges name it."""
    wiring = scheme.installation.wiring
    old = issuer.identity.wallet
    reference, address = wiring.keystore.create_wallet(f"{issuer.institution.slug}-second")
    async with transaction(wiring.engine) as conn:
        await conn.execute(
            text("INSERT INTO wallets VALUES (DEFAULT, :owner, :address, :keystore, :chain, :contract, now())"),
            {
                "owner": issuer.institution.id,
                "address": address,
                "keystore": reference,
                "chain": old.chain_id,
                "contract": old.contract,
            },
        )
        if publish:
            await keys.publish(conn, await wiring.issuer(conn, issuer.institution.id), now())
        else:
            identity = (await wiring.issuer(conn, issuer.institution.id)).identity
            await upkeep.publish_did_document(conn, identity, now())
    return did.caip10(old.chain_id, address.lower())


async def listed(scheme: Scheme) -> list[dict[str, Any]]:
    return list(json.loads(await scheme.served(scheme.college.institution.accreditations_url))["accreditations"])


def without_proof(edges: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {edge["id"]: {name: value for name, value in edge.items() if name != "proof"} for edge in edges}


async def faults(scheme: Scheme, issuer: Issuer) -> list[str]:
    wiring = scheme.installation.wiring
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, issuer.institution.id)
    places = await places_of(wiring.engine, log, LeafKind.ACCREDITATION)
    found = await audit_accreditations(wiring.engine, log.owner, wiring.compiled, places)
    return found + await audit_log(wiring.engine, log, None)


async def test_the_loss_of_an_accreditors_key_takes_nothing_from_those_below(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.board, EVERY)
    await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    await scheme.accredit(scheme.operator, scheme.college, "tlevel-6105799x")
    credential = await scheme.issue()
    before = await listed(scheme)
    for loser, given in ((scheme.operator, 2), (scheme.board, 1)):
        done = await lose_key(scheme, loser)
        assert done.accreditations == given
        result = await scheme.check(credential)
        assert (result.finding.code, result.today.outcome) == ("accreditation_ok", Outcome.VALID)
        signers = {edge["proof"]["verificationMethod"] for edge in await listed(scheme)}
        assert done.key.id(loser.institution.did) not in signers
        assert done.identity.key_id in signers
        assert await faults(scheme, loser) == []
    # Number, dates, scope and place in the status list are those of before.
    assert without_proof(await listed(scheme)) == without_proof(before)
    # And what comes later stands as well.
    assert (await scheme.check(await scheme.issue(component="2"))).finding.code == "accreditation_ok"


async def test_an_accreditation_recorded_before_the_loss_is_signed_again_too(scheme: Scheme) -> None:
    """Nobody who reads one is shown when it was signed, so under a lost key it would count for nothing."""
    scheme.installation.chain.fund(scheme.operator.identity.wallet.address)
    for issuer in (scheme.board, scheme.college):
        scheme.installation.chain.fund(issuer.identity.wallet.address)
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    await scheme.installation.work()
    done = await lose_key(scheme, scheme.operator)
    assert done.accreditations == 1
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"
    await scheme.installation.work()
    assert await faults(scheme, scheme.operator) == []


async def test_a_withdrawn_accreditation_stays_withdrawn_when_it_is_signed_again(scheme: Scheme) -> None:
    edge = await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    await scheme.withdraw(scheme.operator, edge.id)
    assert (await lose_key(scheme, scheme.operator)).accreditations == 1
    result = await scheme.check(credential)
    assert (result.today.outcome, result.today.code) == (Outcome.INVALID, "accreditation_withdrawn")
    # The list of that time bears the lost key: what it said then cannot be told, and nothing is shown as good.
    assert (result.finding.outcome, result.finding.code) == (Outcome.ERROR, "accreditation_history_missing")


async def test_a_retired_key_lost_later_leaves_what_the_newer_one_signed_alone(scheme: Scheme) -> None:
    wiring, operator_id = scheme.installation.wiring, scheme.operator.institution.id
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, operator_id)
        await keys.rotate(conn, wiring.keystore, wiring.compiled, operator_id, now())
        renewed = await wiring.issuer(conn, operator_id)
    await scheme.accredit(renewed, scheme.college, "tlevel-6105799x")
    by_id = {edge["id"]: edge for edge in await listed(scheme)}
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, operator_id)
        done = await keys.compromise(
            conn,
            wiring.keystore,
            wiring.compiled,
            operator_id,
            since=now(),
            now=now(),
            key_name=scheme.operator.identity.signing_key.name,
        )
    assert done.accreditations == 1
    after = {edge["id"]: edge for edge in await listed(scheme)}
    assert sum(after[name] == by_id[name] for name in by_id) == 1
    assert await faults(scheme, scheme.operator) == []


async def test_a_change_of_wallet_makes_the_accreditations_that_name_it_anew(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.board, EVERY)
    edge = await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    account = await new_wallet(scheme, scheme.college)
    named = {one["id"]: one["credentialSubject"]["wallet"] for one in await listed(scheme)}
    assert named[f"urn:uuid:{edge.id}"] == account
    assert list(named.values()).count(account) == 1
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"
    # Of one further up as well; and a second look changes nothing.
    await new_wallet(scheme, scheme.board)
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"
    before = await everything(scheme.installation)
    wiring = scheme.installation.wiring
    for issuer in (scheme.operator, scheme.board, scheme.college):
        async with transaction(wiring.engine) as conn:
            await keys.publish(conn, await wiring.issuer(conn, issuer.institution.id), now())
        assert await faults(scheme, issuer) == []
    assert await everything(scheme.installation) == before


async def test_an_accreditation_of_the_former_wallet_counts_and_is_made_for_the_new_one(scheme: Scheme) -> None:
    """The college goes on naming the wallet it had, for what that one recorded."""
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    await new_wallet(scheme, scheme.college, publish=False)
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"
    wiring = scheme.installation.wiring
    async with transaction(wiring.engine) as conn:
        await keys.publish(conn, await wiring.issuer(conn, scheme.college.institution.id), now())
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"


async def test_a_loss_that_cannot_be_finished_leaves_everything_as_it_was(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    await scheme.accredit(scheme.operator, scheme.college, "tlevel-6105799x")
    body = "BEGIN IF (SELECT count(*) FROM accreditation_editions) > 1 THEN RAISE EXCEPTION 'full'; END IF; RETURN NULL; END"
    async with transaction(scheme.installation.wiring.engine) as conn:
        await conn.execute(text(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
        await conn.execute(
            text("CREATE TRIGGER fails AFTER INSERT ON accreditation_editions FOR EACH ROW EXECUTE FUNCTION fail()")
        )
    before = await everything(scheme.installation)
    with pytest.raises(DBAPIError):
        await lose_key(scheme, scheme.operator)
    assert await everything(scheme.installation) == before


async def test_the_audit_finds_a_changed_statement_of_before(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    await lose_key(scheme, scheme.operator)
    async with transaction(scheme.installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE accreditation_editions SET digest = sha256('x')"))
    assert any("is not as it was signed" in fault for fault in await faults(scheme, scheme.operator))
    async with transaction(scheme.installation.wiring.engine) as conn:
        await conn.execute(text("DELETE FROM accreditation_editions"))
    assert any("belong to no accreditation" in fault for fault in await faults(scheme, scheme.operator))


async def test_two_institutions_lose_keys_at_the_same_time(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.board, EVERY)
    await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    await asyncio.gather(*(lose_key(scheme, one) for one in (scheme.operator, scheme.board)))
    assert (await scheme.check(credential)).finding.code == "accreditation_ok"

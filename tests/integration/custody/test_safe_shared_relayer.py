"""Two colleges with a Safe each, and one relayer that pays for both: its numbers are given out once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.anchoring.fees import SendingPolicy
from app.errors import AppError
from tests.integration.anchoring.test_surroundings import assert_whole
from tests.integration.conftest import Installation
from tests.integration.custody.safe_college import SafeCollege, safe_college


@pytest.fixture
async def two(installation: Installation, tmp_path: Path) -> AsyncIterator[tuple[SafeCollege, SafeCollege]]:
    async with (
        safe_college(installation, tmp_path) as first,
        safe_college(installation, tmp_path, relayer=first.relayer) as second,
    ):
        yield first, second


async def test_two_colleges_with_one_relayer_never_send_under_the_same_number(
    two: tuple[SafeCollege, SafeCollege],
) -> None:
    """Neither waits for the other to be mined, and neither pushes the other's transaction aside."""
    chain = two[0].installation.chain
    for round_ in range(3):
        for college in two:
            await college.append(round_)
            await college.walk()
            await college.agree(0, 1)
        chain.rpc("evm_setAutomine", False)
        try:
            walks = [college.walk() for college in two for _ in range(2)]
            outcomes = await asyncio.gather(*walks, return_exceptions=True)
            assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, AppError)]
            for college in two:
                await college.walk()
        finally:
            chain.rpc("evm_setAutomine", True)
        newest = [(await college.sent())[-1] for college in two]
        assert {one.nonce for one in newest} == {2 * round_, 2 * round_ + 1}
        chain.rpc("evm_mine")
        for college in two:
            await college.settle()
    for college in two:
        await assert_whole(college.installation, await college.log())
        assert await college.codes() == []
        assert len(await college.sent()) == 3
    assert await two[0].wiring.chain.next_nonce(two[0].relayer.address) == 6


async def test_what_waits_behind_another_colleges_transaction_is_not_made_dearer(
    two: tuple[SafeCollege, SafeCollege],
) -> None:
    chain = two[0].installation.chain
    for college in two:
        await college.walk()
        await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        for college in two:
            assert await college.walk()
        eager = replace(two[1].steps, policy=SendingPolicy(replace_after=timedelta(0)))
        for _ in range(3):
            assert await two[1].walk(eager)
        assert len(await two[1].sent()) == 1
    finally:
        chain.rpc("evm_setAutomine", True)
    chain.rpc("evm_mine")
    for college in two:
        await college.settle()
        await assert_whole(college.installation, await college.log())


async def test_a_gap_before_a_transaction_is_filled_by_it(two: tuple[SafeCollege, SafeCollege]) -> None:
    """The first college's owners brought their checkpoint themselves, so the number it had is used by nobody."""
    first, second = two
    chain = first.installation.chain
    for college in two:
        await college.walk()
        await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        for college in two:
            assert await college.walk()
        chain.rpc("anvil_dropAllTransactions")
    finally:
        chain.rpc("evm_setAutomine", True)
    proposal = await first.waiting()
    await first.send_as_owners(proposal.transaction.to, proposal.transaction.data)
    await first.settle()
    await second.settle()
    assert [one.nonce for one in await second.sent()] == [1, 0]
    for college in two:
        await assert_whole(college.installation, await college.log())
        await college.append(9)
        await college.anchor()
        await assert_whole(college.installation, await college.log())

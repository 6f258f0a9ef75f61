// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title DisownTest
/// @notice A wallet gives notice of a stolen key: for itself alone, never of the future, and for good.
contract DisownTest is RegistryTest {
    function setUp() public override {
        super.setUp();
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 10);
        anchorAs(COLLEGE, ROOT_4, 4);
        vm.warp(NOW + 20);
    }

    function testFuzz_what_was_anchored_since_is_not_believed(uint64 since) public {
        since = 1 + since % (NOW + 20);
        disown(COLLEGE, since);
        vm.assertEq(registry.disownedSince(COLLEGE), since, "since");
        for (uint64 i = 0; i < 2; ++i) {
            (uint64 time, uint64 size, bool disowned) =
                registry.checkpointOf(COLLEGE, i == 0 ? ROOT_3 : ROOT_4);
            vm.assertEq(time, NOW + 10 * i, "the time stays");
            vm.assertEq(size, 3 + i, "the size stays");
            vm.assertEq(disowned, time >= since, "disowned");
        }
        (,, bool unknown) = registry.checkpointOf(COLLEGE, ROOT_7);
        vm.assertFalse(unknown, "never anchored");
    }

    function test_without_notice_all_is_believed() public view {
        vm.assertEq(registry.disownedSince(COLLEGE), 0, "no notice");
        (uint64 time, uint64 size, bool disowned) = registry.checkpointOf(COLLEGE, ROOT_4);
        vm.assertEq(time, NOW + 10, "time");
        vm.assertEq(size, 4, "size");
        vm.assertFalse(disowned, "disowned");
    }

    function test_a_thief_can_write_nothing_after_the_notice() public {
        disown(COLLEGE, NOW);
        bytes memory refusal = abi.encodeWithSelector(IAnchorRegistry.WalletDisowned.selector, NOW);
        vm.expectRevert(refusal);
        anchorAs(COLLEGE, ROOT_7, 7);
        vm.expectRevert(refusal);
        vm.prank(COLLEGE);
        registry.setProfile("did:web:thief.example", ROOT_7);
        vm.expectRevert(refusal);
        vm.prank(COLLEGE);
        registry.nameSuccessor(OTHER);
    }

    function testFuzz_a_thief_cannot_take_the_notice_back(uint64 first, uint64 second) public {
        first = 1 + first % (NOW + 20);
        disown(COLLEGE, first);
        if (second == 0 || second >= first) {
            vm.expectRevert(
                abi.encodeWithSelector(IAnchorRegistry.SinceOutOfRange.selector, second, first - 1)
            );
        }
        disown(COLLEGE, second);
        vm.assertLe(registry.disownedSince(COLLEGE), first, "since");
    }

    function testFuzz_no_notice_names_the_future(uint64 since) public {
        vm.assume(since > NOW + 20 || since == 0);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.SinceOutOfRange.selector, since, NOW + 20));
        disown(COLLEGE, since);
    }

    function testFuzz_nobody_gives_notice_for_another(address other) public {
        vm.assume(other != COLLEGE);
        disown(other, NOW);
        vm.assertEq(registry.disownedSince(COLLEGE), 0, "since");
        anchorAs(COLLEGE, ROOT_7, 7);
    }

    function test_a_wallet_that_was_succeeded_may_still_give_notice_and_its_successor_goes_on() public {
        vm.prank(COLLEGE);
        registry.nameSuccessor(OTHER);
        vm.prank(OTHER);
        registry.acceptSuccession(COLLEGE, 4);
        disown(COLLEGE, NOW + 5);
        (,, bool disowned) = registry.checkpointOf(COLLEGE, ROOT_4);
        vm.assertTrue(disowned, "the old wallet's anchor");
        anchorAs(OTHER, ROOT_7, 7);
        (,, disowned) = registry.checkpointOf(OTHER, ROOT_7);
        vm.assertFalse(disowned, "the new wallet's anchor");
    }

    function disown(address wallet, uint64 since) private {
        vm.prank(wallet);
        registry.disown(since);
    }
}

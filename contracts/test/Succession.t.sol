// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title SuccessionTest
/// @notice A log passes from wallet to wallet and never back; whoever is not named, or not new, gets nothing.
contract SuccessionTest is RegistryTest {
    address private constant NEW = address(0x2e3);
    address private constant NEXT = address(0x2e4);
    address private constant THIEF = address(0xbad);

    function setUp() public override {
        super.setUp();
        anchorAs(COLLEGE, ROOT_3, 3);
    }

    function test_the_log_goes_on_under_the_new_wallet() public {
        name(COLLEGE, NEW);
        vm.assertEq(registry.lastSize(NEW), 0, "not before it accepts");
        vm.warp(NOW + 5);
        accept(NEW, COLLEGE, 3);
        (address successor, uint64 acceptedAt) = registry.successorOf(COLLEGE);
        vm.assertEq(successor, NEW, "successor");
        vm.assertEq(acceptedAt, NOW + 5, "time");
        vm.assertEq(registry.predecessorOf(NEW), COLLEGE, "predecessor");
        vm.assertEq(registry.lastSize(NEW), 3, "size");
        anchorAs(NEW, ROOT_4, 4);
        vm.assertEq(registry.lastSize(NEW), 4, "size after its own checkpoint");
        vm.assertEq(registry.lastSize(COLLEGE), 3, "the old wallet's size");
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), NOW, "the old wallet's anchor");
    }

    function testFuzz_the_size_never_goes_back(uint64 last, uint64 size) public {
        vm.assume(last > 3);
        anchorAs(COLLEGE, ROOT_4, last);
        hand(COLLEGE, NEW, last);
        if (size <= last) {
            vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, size, last));
        }
        anchorAs(NEW, ROOT_7, size);
    }

    function test_the_old_wallet_can_write_nothing_more() public {
        hand(COLLEGE, NEW, 3);
        bytes memory refusal = abi.encodeWithSelector(IAnchorRegistry.WalletSucceeded.selector, NEW);
        vm.expectRevert(refusal);
        anchorAs(COLLEGE, ROOT_4, 4);
        vm.expectRevert(refusal);
        name(COLLEGE, THIEF);
        vm.expectRevert(refusal);
        vm.prank(COLLEGE);
        registry.setProfile("did:web:college.example", ROOT_7);
        vm.expectRevert(refusal);
        accept(COLLEGE, OTHER, 3);
    }

    function test_a_repeated_anchor_of_the_old_wallet_still_hears_that_it_succeeded() public {
        hand(COLLEGE, NEW, 3);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, ROOT_3, NOW));
        anchorAs(COLLEGE, ROOT_3, 3);
    }

    function test_a_log_passes_on_from_wallet_to_wallet() public {
        hand(COLLEGE, NEW, 3);
        hand(NEW, NEXT, 3);
        vm.assertEq(registry.predecessorOf(NEXT), NEW, "one before");
        vm.assertEq(registry.predecessorOf(NEW), COLLEGE, "two before");
        anchorAs(NEXT, ROOT_4, 4);
    }

    function test_a_log_never_comes_back_in_a_ring() public {
        hand(COLLEGE, NEW, 3);
        name(NEW, COLLEGE);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.WalletSucceeded.selector, NEW));
        accept(COLLEGE, NEW, 3);
        name(NEW, NEW);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogNotEmpty.selector, 3));
        accept(NEW, NEW, 3);
    }

    function test_an_address_without_a_log_cannot_follow_itself() public {
        name(NEW, NEW);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LastSizeOther.selector, 0, 0));
        accept(NEW, NEW, 0);
    }

    function test_two_logs_cannot_become_one() public {
        anchorAs(OTHER, ROOT_7, 7);
        name(COLLEGE, OTHER);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogNotEmpty.selector, 7));
        accept(OTHER, COLLEGE, 3);
    }

    function testFuzz_only_the_wallet_named_takes_over(address thief) public {
        vm.assume(thief != NEW && thief != COLLEGE && thief != address(0));
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotTheNamedSuccessor.selector, address(0)));
        accept(thief, COLLEGE, 3);
        name(COLLEGE, NEW);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotTheNamedSuccessor.selector, NEW));
        accept(thief, COLLEGE, 3);
    }

    function test_whoever_was_named_before_no_longer_takes_over() public {
        name(COLLEGE, THIEF);
        name(COLLEGE, NEW);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotTheNamedSuccessor.selector, NEW));
        accept(THIEF, COLLEGE, 3);
        name(COLLEGE, address(0));
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotTheNamedSuccessor.selector, address(0)));
        accept(NEW, COLLEGE, 3);
        (address successor, uint64 acceptedAt) = registry.successorOf(COLLEGE);
        vm.assertEq(successor, address(0), "nobody");
        vm.assertEq(acceptedAt, 0, "never");
    }

    function test_a_log_that_grew_or_was_closed_meanwhile_is_not_taken_over_unseen() public {
        name(COLLEGE, NEW);
        anchorAs(COLLEGE, ROOT_4, type(uint64).max);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LastSizeOther.selector, 3, type(uint64).max));
        accept(NEW, COLLEGE, 3);
    }

    function test_nobody_takes_over_from_or_with_a_stolen_key() public {
        name(COLLEGE, NEW);
        vm.prank(NEW);
        registry.disown(1);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.WalletDisowned.selector, 1));
        accept(NEW, COLLEGE, 3);
        name(COLLEGE, NEXT);
        vm.prank(COLLEGE);
        registry.disown(NOW);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.WalletDisowned.selector, NOW));
        accept(NEXT, COLLEGE, 3);
    }

    function name(address wallet, address successor) private {
        vm.prank(wallet);
        registry.nameSuccessor(successor);
    }

    function accept(address successor, address wallet, uint64 size) private {
        vm.prank(successor);
        registry.acceptSuccession(wallet, size);
    }

    function hand(address wallet, address successor, uint64 size) private {
        name(wallet, successor);
        accept(successor, wallet, size);
    }
}

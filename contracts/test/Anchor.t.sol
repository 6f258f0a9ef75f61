// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title AnchorTest
/// @notice One log of three, four, then seven leaves, and each way to be refused.
contract AnchorTest is RegistryTest {
    function test_an_unknown_issuer_has_no_time_and_no_size() public view {
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), 0, "time");
        vm.assertEq(registry.lastSize(COLLEGE), 0, "size");
    }

    function test_anchor_stores_the_block_time_and_the_size() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), NOW, "time");
        vm.assertEq(registry.lastSize(COLLEGE), 3, "size");
    }

    function test_a_later_checkpoint_leaves_the_earlier_time() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1 days);
        anchorAs(COLLEGE, ROOT_7, 7);
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), NOW, "earlier time");
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_7), NOW + 1 days, "later time");
        vm.assertEq(registry.lastSize(COLLEGE), 7, "size");
    }

    function test_two_issuers_may_anchor_the_same_root() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1);
        anchorAs(OTHER, ROOT_3, 30);
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), NOW, "first issuer's time");
        vm.assertEq(registry.anchoredAt(OTHER, ROOT_3), NOW + 1, "second issuer's time");
        vm.assertEq(registry.lastSize(COLLEGE), 3, "first issuer's size");
        vm.assertEq(registry.lastSize(OTHER), 30, "second issuer's size");
    }

    function test_two_checkpoints_may_share_a_block() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        anchorAs(COLLEGE, ROOT_4, 4);
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), registry.anchoredAt(COLLEGE, ROOT_4), "times");
    }

    function test_many_times_come_in_the_order_asked() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1);
        anchorAs(COLLEGE, ROOT_4, 4);
        bytes32[] memory roots = new bytes32[](4);
        (roots[0], roots[1], roots[2], roots[3]) = (ROOT_4, ROOT_7, ROOT_3, ROOT_4);

        uint64[] memory times = registry.anchoredAtMany(COLLEGE, roots);
        vm.assertEq(times.length, 4, "length");
        vm.assertEq(times[0], NOW + 1, "second checkpoint");
        vm.assertEq(times[1], 0, "never anchored");
        vm.assertEq(times[2], NOW, "first checkpoint");
        vm.assertEq(times[3], NOW + 1, "asked twice");
        vm.assertEq(registry.anchoredAtMany(OTHER, roots)[0], 0, "another issuer");
        vm.assertEq(registry.anchoredAtMany(COLLEGE, new bytes32[](0)).length, 0, "nothing asked");
    }

    function test_refuses_a_zero_root() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.ZeroRoot.selector));
        anchorAs(COLLEGE, 0, 3);
    }

    function test_refuses_an_empty_log() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, 0, 0));
        anchorAs(COLLEGE, ROOT_3, 0);
    }

    function test_refuses_another_root_of_the_same_size() public {
        anchorAs(COLLEGE, ROOT_4, 4);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, 4, 4));
        anchorAs(COLLEGE, ROOT_7, 4);
    }

    function test_refuses_a_smaller_checkpoint_after_a_larger() public {
        anchorAs(COLLEGE, ROOT_7, 7);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, 4, 7));
        anchorAs(COLLEGE, ROOT_4, 4);
    }

    function test_refuses_the_same_root_at_a_larger_size() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, ROOT_3, NOW));
        anchorAs(COLLEGE, ROOT_3, 30);
    }

    function test_tells_a_repeated_transaction_when_it_was_anchored() public {
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, ROOT_3, NOW));
        anchorAs(COLLEGE, ROOT_3, 3);
    }

    function test_the_largest_size_closes_the_log() public {
        uint64 most = type(uint64).max;
        anchorAs(COLLEGE, ROOT_3, most);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, most, most));
        anchorAs(COLLEGE, ROOT_4, most);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title AnchorFuzzTest
/// @notice The rules for any issuer, root, size and time; each refusal with its exact error and arguments.
contract AnchorFuzzTest is RegistryTest {
    function testFuzz_stores_any_first_checkpoint(address issuer, bytes32 root, uint64 size, uint64 time)
        public
    {
        vm.assume(root != 0 && size != 0 && time != 0);
        vm.warp(time);
        anchorAs(issuer, root, size);
        vm.assertEq(registry.anchoredAt(issuer, root), time, "time");
        vm.assertEq(registry.lastSize(issuer), size, "size");
    }

    function testFuzz_accepts_exactly_the_larger_sizes(bytes32 root, uint64 last, uint64 size) public {
        vm.assume(root != 0 && root != ROOT_3 && last != 0);
        anchorAs(COLLEGE, ROOT_3, last);
        if (size <= last) {
            vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, size, last));
        }
        anchorAs(COLLEGE, root, size);
        vm.assertEq(registry.lastSize(COLLEGE), size > last ? size : last, "size");
        vm.assertEq(registry.anchoredAt(COLLEGE, root), size > last ? NOW : 0, "time");
    }

    function testFuzz_refuses_a_zero_root_at_any_size(address issuer, uint64 size) public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.ZeroRoot.selector));
        anchorAs(issuer, 0, size);
        vm.assertEq(registry.lastSize(issuer), 0, "size");
    }

    function testFuzz_refuses_a_root_again_at_any_size_and_time(
        bytes32 root,
        uint64 first,
        uint64 again,
        uint64 then,
        uint64 later
    ) public {
        vm.assume(root != 0 && first != 0 && then != 0);
        vm.warp(then);
        anchorAs(COLLEGE, root, first);
        vm.warp(later);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, root, then));
        anchorAs(COLLEGE, root, again);
        vm.assertEq(registry.anchoredAt(COLLEGE, root), then, "time");
        vm.assertEq(registry.lastSize(COLLEGE), first, "size");
    }

    function testFuzz_no_issuer_reaches_the_log_of_another(address other, bytes32 root, uint64 size) public {
        vm.assume(other != COLLEGE && root != 0 && size != 0);
        anchorAs(COLLEGE, ROOT_3, 3);
        vm.warp(NOW + 1);
        anchorAs(other, root, size);
        vm.assertEq(registry.lastSize(COLLEGE), 3, "size");
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), NOW, "time");
        vm.assertEq(registry.anchoredAt(COLLEGE, root), root == ROOT_3 ? NOW : 0, "the other's root");
    }

    function testFuzz_many_times_equal_single_times(bytes32[] calldata roots, uint256 anchored) public {
        uint64 size;
        for (uint256 i = 0; i < roots.length; ++i) {
            bool chosen = (anchored >> (i % 256)) & 1 == 1;
            if (chosen && roots[i] != 0 && registry.anchoredAt(COLLEGE, roots[i]) == 0) {
                vm.warp(NOW + i);
                anchorAs(COLLEGE, roots[i], ++size);
            }
        }
        uint64[] memory times = registry.anchoredAtMany(COLLEGE, roots);
        vm.assertEq(times.length, roots.length, "length");
        for (uint256 i = 0; i < roots.length; ++i) {
            vm.assertEq(times[i], registry.anchoredAt(COLLEGE, roots[i]), "time");
        }
    }
}

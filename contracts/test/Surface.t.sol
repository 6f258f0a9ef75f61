// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./support/RegistryTest.sol";

/// @title SurfaceTest
/// @notice The functions of the interface and nothing else: whatever is sent besides is refused and leaves nothing behind.
contract SurfaceTest is RegistryTest {
    function test_refuses_a_plain_transfer_of_ether() public {
        refuses("", 1 ether);
    }

    function test_refuses_an_empty_call() public {
        refuses("", 0);
    }

    function test_refuses_ether_with_an_anchor() public {
        refuses(abi.encodeCall(registry.anchor, (ROOT_3, 3)), 1);
        vm.assertEq(registry.anchoredAt(COLLEGE, ROOT_3), 0, "time");
    }

    function test_refuses_an_anchor_that_is_cut_short() public {
        refuses(abi.encodePacked(registry.anchor.selector, ROOT_3), 0);
    }

    function testFuzz_refuses_a_size_above_64_bits(uint256 size) public {
        vm.assume(size > type(uint64).max);
        refuses(abi.encodeWithSelector(registry.anchor.selector, ROOT_3, size), 0);
    }

    function testFuzz_refuses_an_unknown_selector(bytes4 selector, bytes calldata rest) public {
        bytes4[15] memory known = [
            registry.anchor.selector,
            registry.setProfile.selector,
            registry.nameSuccessor.selector,
            registry.acceptSuccession.selector,
            registry.disown.selector,
            registry.anchoredAt.selector,
            registry.anchoredAtMany.selector,
            registry.checkpointOf.selector,
            registry.lastSize.selector,
            registry.profileOf.selector,
            registry.successorOf.selector,
            registry.predecessorOf.selector,
            registry.disownedSince.selector,
            registry.verifyInclusion.selector,
            registry.provesInclusion.selector
        ];
        for (uint256 i = 0; i < known.length; ++i) {
            vm.assume(selector != known[i]);
        }
        refuses(abi.encodePacked(selector, rest), 0);
    }

    function refuses(bytes memory data, uint256 value) private {
        vm.deal(COLLEGE, 1 ether);
        vm.prank(COLLEGE);
        (bool accepted, bytes memory reason) = address(registry).call{value: value}(data);
        vm.assertFalse(accepted, "accepted");
        vm.assertEq(reason.length, 0, "reason");
        vm.assertEq(address(registry).balance, 0, "balance");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title RegistryTest
/// @notice What every test starts from: a new registry, two colleges, and the checkpoints of one log.
abstract contract RegistryTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant COLLEGE = address(0xC0113);
    address internal constant OTHER = address(0x07e3);

    /// @dev Roots of one RFC 9162 log at three, four and seven leaves.
    bytes32 internal constant ROOT_3 = 0xe1da3cbe9982c51432086632a4d728556985d7e470bea148e9fd0bbd4ec65fbb;
    bytes32 internal constant ROOT_4 = 0xd671b849a2b7aa2ebdc15ffe23968089dce66fc3762b1c181b2deac5a2255b28;
    bytes32 internal constant ROOT_7 = 0x74458020ed8564e9b167adac2fbf36d864c21ce8cb7833b9c684730eea1e7ac4;

    uint64 internal constant NOW = 1_800_000_000;

    IAnchorRegistry internal registry;

    function setUp() public virtual {
        registry = new AnchorRegistry();
        vm.warp(NOW);
    }

    function anchorAs(address issuer, bytes32 root, uint64 treeSize) internal {
        vm.prank(issuer);
        registry.anchor(root, treeSize);
    }
}

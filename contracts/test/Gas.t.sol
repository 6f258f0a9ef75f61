// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title GasTest
/// @notice What a transaction costs, its 21,000 and its data included. Each test sends one.
/// forge-config: default.isolate = true
contract GasTest is RegistryTest {
    uint256 private constant FIRST_BUDGET = 69_000;
    uint256 private constant NEXT_BUDGET = 52_000;

    address private constant OLD = address(0x01d);
    address private constant NEW = address(0x2e3);
    address private constant NEWEST = address(0x2e4);

    function setUp() public override {
        super.setUp();
        anchorAs(OTHER, ROOT_3, 40_000);
        anchorAs(OLD, ROOT_3, 40_000);
        vm.prank(OLD);
        registry.nameSuccessor(NEW);
        vm.prank(NEW);
        registry.acceptSuccession(OLD, 40_000);
        vm.prank(NEW);
        registry.nameSuccessor(NEWEST);
    }

    function test_gas_first_anchor_of_an_issuer() public {
        anchorAs(COLLEGE, ROOT_3, 40_000);
        withinBudget(FIRST_BUDGET);
    }

    function test_gas_next_anchor_of_an_issuer() public {
        anchorAs(OTHER, ROOT_4, 80_000);
        withinBudget(NEXT_BUDGET);
    }

    function testFuzz_gas_is_flat_whatever_the_size_of_the_log(bytes32 root, uint64 size) public {
        vm.assume(root != 0 && root != ROOT_3 && size > 40_000);
        anchorAs(OTHER, root, size);
        withinBudget(NEXT_BUDGET);
    }

    function test_gas_first_anchor_of_a_successor() public {
        anchorAs(NEW, ROOT_4, 80_000);
        withinBudget(NEXT_BUDGET);
    }

    function test_gas_set_profile() public {
        vm.prank(OTHER);
        registry.setProfile("did:web:credentials.college.example", ROOT_3);
    }

    function test_gas_name_successor() public {
        vm.prank(OTHER);
        registry.nameSuccessor(COLLEGE);
    }

    function test_gas_accept_succession() public {
        vm.prank(NEWEST);
        registry.acceptSuccession(NEW, 40_000);
    }

    function test_gas_disown() public {
        vm.prank(OTHER);
        registry.disown(NOW);
    }

    /// @dev Twenty hashes are the path of a leaf among a million.
    function test_gas_of_a_proof_among_a_million_leaves() public view {
        registry.provesInclusion(ROOT_3, 1 << 20, ROOT_4, 524_287, new bytes32[](20));
    }

    function test_gas_deploy() public {
        new AnchorRegistry();
    }

    function withinBudget(uint256 budget) private view {
        vm.assertLe(vm.lastCallGas().gasTotalUsed, budget, "transaction gas");
    }
}

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

    function setUp() public override {
        super.setUp();
        anchorAs(OTHER, ROOT_3, 40_000);
    }

    function test_gas_first_anchor_of_an_issuer() public {
        anchorAs(COLLEGE, ROOT_3, 40_000);
        withinBudget(FIRST_BUDGET);
    }

    function test_gas_next_anchor_of_an_issuer() public {
        anchorAs(OTHER, ROOT_4, 80_000);
        withinBudget(NEXT_BUDGET);
    }

    function test_gas_deploy() public {
        new AnchorRegistry();
    }

    function withinBudget(uint256 budget) private view {
        vm.assertLe(vm.lastCallGas().gasTotalUsed, budget, "transaction gas");
    }
}

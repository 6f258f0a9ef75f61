// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationRegistry} from "../src/AccreditationRegistry.sol";
import {SchemeTest} from "./support/SchemeTest.sol";

/// @title AccreditationGasTest
/// @notice What a transaction costs, its 21,000 and its data included. Each test sends one.
/// forge-config: default.isolate = true
contract AccreditationGasTest is SchemeTest {
    function setUp() public override {
        super.setUp();
        furnish();
    }

    function test_gas_first_accreditation_of_a_provider() public {
        accredit(AWARDING, AWARDING_TOO, LICENCE, NOW, FOREVER);
    }

    function test_gas_renewal() public {
        accredit(AWARDING, COLLEGE, RENEWED, NOW, FOREVER);
    }

    function test_gas_revocation() public {
        revoke(AWARDING, AWARDING, COLLEGE, LICENCE);
    }

    function test_gas_revocation_of_an_awarding_organisation() public {
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
    }

    function test_gas_of_the_question_through_two_credentials() public view {
        registry.isAccreditedThrough(AWARDING, LETTER, COLLEGE, LICENCE, NOW);
    }

    function test_gas_deploy() public {
        new AccreditationRegistry(OPERATOR);
    }
}

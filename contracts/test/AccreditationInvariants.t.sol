// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SchemeHandler} from "./support/SchemeHandler.sol";
import {SchemeTest} from "./support/SchemeTest.sol";

/// @title AccreditationInvariantsTest
/// @notice What holds after any calls by anybody: the answers follow from what was given, and the past stays.
contract AccreditationInvariantsTest is SchemeTest {
    SchemeHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new SchemeHandler(vm, registry, OPERATOR, NOW);
    }

    /// @notice Tells forge to call the handler and nothing else.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_what_was_said_of_the_past_never_changes() public view {
        SchemeHandler.Saying[] memory sayings = _handler.sayings();
        for (uint256 i = 0; i < sayings.length; ++i) {
            vm.assertEq(
                registry.isAccredited(sayings[i].who, sayings[i].time),
                sayings[i].accredited,
                "the past changed"
            );
        }
    }

    function invariant_the_answers_follow_from_what_was_given_and_revoked() public view {
        address[] memory organisations = _handler.organisations();
        uint64 today = _handler.today();
        for (uint256 i = 0; i < organisations.length; ++i) {
            for (uint64 time = today - 200; time < today + 600; time += 160) {
                vm.assertEq(
                    registry.isAccredited(organisations[i], time),
                    _handler.expected(organisations[i], time),
                    "accredited"
                );
            }
        }
        vm.assertEq(registry.schemeOperator(), _handler.operator(), "operator");
        vm.assertEq(registry.namedOperator(), _handler.named(), "named");
    }

    function invariant_nothing_given_is_lost_or_overwritten() public view {
        SchemeHandler.Given[] memory all = _handler.all();
        for (uint256 i = 0; i < all.length; ++i) {
            (uint64 from, uint64 until, uint64 revokedAt) =
                registry.accreditationOf(all[i].parent, all[i].child, all[i].digest);
            vm.assertEq(from, all[i].from, "from");
            vm.assertEq(until, all[i].until, "until");
            vm.assertEq(revokedAt, all[i].revokedAt, "revoked at");
        }
    }
}

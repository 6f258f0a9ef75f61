// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogHandler} from "./support/LogHandler.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title InvariantsTest
/// @notice What holds after any calls by any issuers. The handler wrote down each accepted call of each issuer
/// and never rewrites a time, so a registry that differs from it has lost, changed or mixed something.
contract InvariantsTest is RegistryTest {
    LogHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new LogHandler(vm, registry);
    }

    /// @notice Tells forge to call the handler and nothing else.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_a_stored_time_never_changes_and_nobody_writes_for_another() public view {
        address[] memory issuers = _handler.issuers();
        for (uint256 i = 0; i < issuers.length; ++i) {
            uint64[] memory times = registry.anchoredAtMany(issuers[i], _handler.roots());
            vm.assertEq(abi.encode(times), abi.encode(_handler.timesOf(issuers[i])), "times");
        }
    }

    function invariant_the_last_size_is_that_of_the_issuers_own_last_anchor() public view {
        address[] memory issuers = _handler.issuers();
        for (uint256 i = 0; i < issuers.length; ++i) {
            vm.assertEq(registry.lastSize(issuers[i]), _handler.sizeOf(issuers[i]), "size");
        }
    }

    function invariant_as_many_stored_roots_as_accepted_calls() public view {
        address[] memory issuers = _handler.issuers();
        for (uint256 i = 0; i < issuers.length; ++i) {
            uint64[] memory times = registry.anchoredAtMany(issuers[i], _handler.roots());
            uint256 stored;
            for (uint256 j = 0; j < times.length; ++j) {
                if (times[j] != 0) ++stored;
            }
            vm.assertEq(stored, _handler.anchorsOf(issuers[i]), "stored roots");
        }
    }

    function invariant_no_issuer_has_a_zero_root() public view {
        address[] memory issuers = _handler.issuers();
        for (uint256 i = 0; i < issuers.length; ++i) {
            vm.assertEq(registry.anchoredAt(issuers[i], 0), 0, "zero root");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogHandler} from "./support/LogHandler.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title InvariantsTest
/// @notice What holds after any calls by any wallets. The handler wrote down each accepted call of each wallet
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
        address[] memory wallets = _handler.wallets();
        bytes32[] memory roots = _handler.roots();
        for (uint256 i = 0; i < wallets.length; ++i) {
            uint64[] memory times = registry.anchoredAtMany(wallets[i], roots);
            vm.assertEq(abi.encode(times), abi.encode(_handler.timesOf(wallets[i])), "times");
            vm.assertEq(registry.anchoredAt(wallets[i], 0), 0, "zero root");
            uint256 stored;
            for (uint256 j = 0; j < times.length; ++j) {
                if (times[j] != 0) ++stored;
            }
            vm.assertEq(stored, _handler.accountOf(wallets[i]).anchors, "as many roots as accepted calls");
        }
    }

    function invariant_a_checkpoint_is_disowned_exactly_from_the_notice_on() public view {
        address[] memory wallets = _handler.wallets();
        bytes32[] memory roots = _handler.roots();
        for (uint256 i = 0; i < wallets.length; ++i) {
            uint64 since = _handler.accountOf(wallets[i]).disownedSince;
            vm.assertEq(registry.disownedSince(wallets[i]), since, "since");
            for (uint256 j = 0; j < roots.length; ++j) {
                (uint64 time, uint64 size, bool disowned) = registry.checkpointOf(wallets[i], roots[j]);
                vm.assertEq(size, _handler.sizeOf(wallets[i], roots[j]), "size");
                vm.assertEq(disowned, since != 0 && time >= since, "disowned");
            }
        }
    }

    function invariant_wallets_stand_in_rows_in_which_sizes_never_go_back() public view {
        address[] memory wallets = _handler.wallets();
        for (uint256 i = 0; i < wallets.length; ++i) {
            LogHandler.Account memory account = _handler.accountOf(wallets[i]);
            (address successor, uint64 acceptedAt) = registry.successorOf(wallets[i]);
            vm.assertEq(registry.lastSize(wallets[i]), account.size, "size");
            vm.assertEq(successor, account.successor, "successor");
            vm.assertEq(acceptedAt, account.succeededAt, "accepted at");
            vm.assertEq(registry.predecessorOf(wallets[i]), account.predecessor, "predecessor");
            if (acceptedAt != 0) {
                vm.assertEq(registry.predecessorOf(successor), wallets[i], "each end names the other");
                vm.assertGe(registry.lastSize(successor), account.size, "the size went back");
            }
            // As many steps as there are wallets lead out of any row; in a ring they would lead nowhere.
            address last = wallets[i];
            for (uint256 j = 0; j < wallets.length && last != address(0); ++j) {
                last = registry.predecessorOf(last);
            }
            vm.assertEq(last, address(0), "a ring");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "../../src/IAccreditationRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title SchemeHandler
/// @notice Sends random calls of a few organisations to the registry, each expected to end as the rules say, and
/// keeps a plain list of what was given. From that list alone it works out who is accredited when, and it writes
/// down what the registry said of moments that had passed, to ask again later.
contract SchemeHandler {
    uint256 private constant ORGANISATIONS = 5;
    uint256 private constant DIGESTS = 6;
    address private constant SCHEME = address(0);

    struct Given {
        address parent;
        address child;
        bytes32 digest;
        uint64 from;
        uint64 until;
        uint64 revokedAt;
    }

    struct Saying {
        address who;
        uint64 time;
        bool accredited;
    }

    Vm private immutable VM;
    IAccreditationRegistry private immutable REGISTRY;

    uint64 public today;
    address public operator;
    address public named;
    address[] private _organisations;
    Given[] private _all;
    Saying[] private _sayings;

    constructor(Vm vm, IAccreditationRegistry registry, address first, uint64 now_) {
        VM = vm;
        REGISTRY = registry;
        operator = first;
        today = now_;
        for (uint160 i = 1; i <= ORGANISATIONS; ++i) {
            _organisations.push(address(i << 16));
        }
    }

    /// @notice The operator lets somebody in.
    function letIn(uint256 whom, uint256 which, uint16 wait, uint16 length, uint16 pause) external {
        accredit(operator, organisation(whom), digest(which), wait, length, pause);
    }

    /// @notice Anybody tries to accredit anybody.
    function accreditAnything(uint256 who, uint256 whom, uint256 which, uint16 wait, uint16 length) external {
        accredit(organisation(who), organisation(whom), digest(which), wait, length, 1);
    }

    /// @notice Anybody, or the operator, tries to revoke what was given or was not.
    function revokeAnything(uint256 who, uint256 which, uint16 pause) external {
        pass(pause);
        address caller = who % 3 == 0 ? operator : organisation(who);
        if (_all.length == 0) return;
        Given storage given = _all[which % _all.length];
        bytes memory refusal;
        if (caller != given.parent && caller != operator) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.NotTheParent.selector, caller);
        } else if (given.revokedAt != 0) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.RevokedBefore.selector, given.revokedAt);
        }
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(caller);
        REGISTRY.revoke(given.parent, given.child, given.digest);
        if (refusal.length == 0) given.revokedAt = today;
    }

    /// @notice The office passes on, or somebody tries to take it.
    function passOffice(uint256 whom, uint256 who) external {
        if (who % 2 == 0) {
            VM.prank(operator);
            named = organisation(whom);
            REGISTRY.nameOperator(named);
            return;
        }
        address caller = organisation(whom);
        bool refused = caller != named;
        if (refused) {
            VM.expectRevert(
                abi.encodeWithSelector(IAccreditationRegistry.NotTheNamedOperator.selector, named)
            );
        }
        VM.prank(caller);
        REGISTRY.acceptOperator();
        if (!refused) (operator, named) = (caller, address(0));
    }

    /// @notice Somebody looks up a moment that has passed.
    function lookBack(uint256 whom, uint16 ago) external {
        address who = organisation(whom);
        uint64 time = today - 1 - ago % (today - 1);
        _sayings.push(Saying(who, time, REGISTRY.isAccredited(who, time)));
    }

    function organisations() external view returns (address[] memory) {
        return _organisations;
    }

    function sayings() external view returns (Saying[] memory) {
        return _sayings;
    }

    function all() external view returns (Given[] memory) {
        return _all;
    }

    /// @return Whether, by the list alone, `who` is accredited at `time`.
    function expected(address who, uint64 time) external view returns (bool) {
        for (uint256 i = 0; i < _all.length; ++i) {
            if (_all[i].child != who || !counts(_all[i], time)) continue;
            if (_all[i].parent == SCHEME || awarding(_all[i].parent, time)) return true;
        }
        return false;
    }

    function accredit(address caller, address child, bytes32 what, uint16 wait, uint16 length, uint16 pause)
        private
    {
        pass(pause);
        // Some windows would begin in the past.
        uint64 from = today + wait % 300 - 100;
        uint64 until = from + length % 600;
        uint64 start = from < today ? today : from;
        address parent = caller == operator ? SCHEME : caller;
        bytes memory refusal;
        if (parent != SCHEME && !awarding(parent, today)) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, caller);
        } else if (child == caller) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.ChildNotPossible.selector, child);
        } else if (until <= start) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.WindowEmpty.selector, start, until);
        } else if (known(parent, child, what)) {
            refusal = abi.encodeWithSelector(IAccreditationRegistry.AccreditedBefore.selector, what);
        }
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(caller);
        REGISTRY.accredit(child, what, from, until);
        if (refusal.length == 0) _all.push(Given(parent, child, what, start, until, 0));
    }

    function pass(uint16 pause) private {
        today += pause % 100;
        VM.warp(today);
    }

    function organisation(uint256 which) private view returns (address) {
        return _organisations[which % ORGANISATIONS];
    }

    function awarding(address who, uint64 time) private view returns (bool) {
        for (uint256 i = 0; i < _all.length; ++i) {
            if (_all[i].parent == SCHEME && _all[i].child == who && counts(_all[i], time)) return true;
        }
        return false;
    }

    function known(address parent, address child, bytes32 what) private view returns (bool) {
        for (uint256 i = 0; i < _all.length; ++i) {
            if (_all[i].parent == parent && _all[i].child == child && _all[i].digest == what) return true;
        }
        return false;
    }

    function counts(Given storage given, uint64 time) private view returns (bool) {
        uint64 end = given.revokedAt != 0 && given.revokedAt < given.until ? given.revokedAt : given.until;
        return time >= given.from && time < end;
    }

    function digest(uint256 which) private pure returns (bytes32) {
        return bytes32(1 + which % DIGESTS);
    }
}

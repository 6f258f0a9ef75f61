// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationRegistry} from "../../src/AccreditationRegistry.sol";
import {IAccreditationRegistry} from "../../src/IAccreditationRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title SchemeTest
/// @notice What every test of accreditations starts from: a new registry, its operator, and those in the scheme.
abstract contract SchemeTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant SCHEME = address(0);
    address internal constant OPERATOR = address(0x0b5);
    address internal constant AWARDING = address(0xa0);
    address internal constant AWARDING_TOO = address(0xa1);
    address internal constant COLLEGE = address(0xC0113);
    address internal constant THIEF = address(0xbad);

    bytes32 internal constant LETTER = keccak256("the operator lets the awarding organisation accredit");
    bytes32 internal constant LICENCE = keccak256("the awarding organisation lets the college issue");
    bytes32 internal constant RENEWED = keccak256("and again");

    uint64 internal constant NOW = 1_800_000_000;
    uint64 internal constant YEAR = 365 days;
    uint64 internal constant FOREVER = type(uint64).max;

    IAccreditationRegistry internal registry;

    function setUp() public virtual {
        vm.warp(NOW);
        registry = new AccreditationRegistry(OPERATOR);
    }

    function accredit(address parent, address child, bytes32 digest, uint64 from, uint64 until) internal {
        vm.prank(parent);
        registry.accredit(child, digest, from, until);
    }

    function revoke(address by, address parent, address child, bytes32 digest) internal {
        vm.prank(by);
        registry.revoke(parent, child, digest);
    }

    /// @dev The operator lets the awarding organisation, and that one the college, without end.
    function furnish() internal {
        accredit(OPERATOR, AWARDING, LETTER, NOW, FOREVER);
        accredit(AWARDING, COLLEGE, LICENCE, NOW, FOREVER);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationRegistry} from "../src/AccreditationRegistry.sol";
import {IAccreditationRegistry} from "../src/IAccreditationRegistry.sol";
import {SchemeTest} from "./support/SchemeTest.sol";
import {Vm} from "./support/Vm.sol";

/// @title OperatorTest
/// @notice The office passes in two steps, and with it everything that the one before gave; and what is emitted.
contract OperatorTest is SchemeTest {
    address private constant NEXT = address(0x0b6);

    function test_the_office_passes_to_the_one_named_that_accepts() public {
        furnish();
        name(OPERATOR, NEXT);
        vm.assertEq(registry.schemeOperator(), OPERATOR, "until it accepts");
        vm.assertEq(registry.namedOperator(), NEXT, "named");
        vm.prank(NEXT);
        registry.acceptOperator();
        vm.assertEq(registry.schemeOperator(), NEXT, "operator");
        vm.assertEq(registry.namedOperator(), address(0), "nobody is named any more");
        vm.assertTrue(registry.isAccredited(COLLEGE, NOW), "what the former operator gave");
        vm.warp(NOW + 1);
        revoke(NEXT, SCHEME, AWARDING, LETTER);
        vm.assertFalse(registry.isAccredited(COLLEGE, NOW + 1), "revoked by the new one");
    }

    function test_the_former_operator_can_do_nothing_more() public {
        furnish();
        name(OPERATOR, NEXT);
        vm.prank(NEXT);
        registry.acceptOperator();
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotAccredited.selector, OPERATOR));
        accredit(OPERATOR, AWARDING_TOO, LETTER, NOW, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheParent.selector, OPERATOR));
        revoke(OPERATOR, SCHEME, AWARDING, LETTER);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheOperator.selector, NEXT));
        name(OPERATOR, OPERATOR);
    }

    function testFuzz_nobody_else_takes_the_office(address thief) public {
        vm.assume(thief != OPERATOR && thief != NEXT && thief != address(0));
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheOperator.selector, OPERATOR));
        name(thief, thief);
        vm.expectRevert(
            abi.encodeWithSelector(IAccreditationRegistry.NotTheNamedOperator.selector, address(0))
        );
        vm.prank(thief);
        registry.acceptOperator();
        name(OPERATOR, NEXT);
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.NotTheNamedOperator.selector, NEXT));
        vm.prank(thief);
        registry.acceptOperator();
    }

    function test_a_name_can_be_taken_back() public {
        name(OPERATOR, THIEF);
        name(OPERATOR, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IAccreditationRegistry.NotTheNamedOperator.selector, address(0))
        );
        vm.prank(THIEF);
        registry.acceptOperator();
    }

    function test_there_is_no_registry_without_an_operator() public {
        vm.expectRevert(abi.encodeWithSelector(IAccreditationRegistry.ZeroOperator.selector));
        new AccreditationRegistry(address(0));
    }

    function test_the_history_is_in_the_events() public {
        vm.recordLogs();
        registry = new AccreditationRegistry(OPERATOR);
        tells("OperatorChanged(address,address)", word(address(0)), word(OPERATOR), 0, "");
        accredit(OPERATOR, AWARDING, LETTER, 0, FOREVER);
        tells(
            "Accredited(address,address,bytes32,uint64,uint64)",
            word(SCHEME),
            word(AWARDING),
            LETTER,
            abi.encode(NOW, FOREVER)
        );
        accredit(AWARDING, COLLEGE, LICENCE, NOW + 5, NOW + 9);
        tells(
            "Accredited(address,address,bytes32,uint64,uint64)",
            word(AWARDING),
            word(COLLEGE),
            LICENCE,
            abi.encode(NOW + 5, NOW + 9)
        );
        revoke(OPERATOR, AWARDING, COLLEGE, LICENCE);
        tells(
            "Revoked(address,address,bytes32,address)",
            word(AWARDING),
            word(COLLEGE),
            LICENCE,
            abi.encode(OPERATOR)
        );
        name(OPERATOR, NEXT);
        tells("OperatorNamed(address,address)", word(OPERATOR), word(NEXT), 0, "");
        vm.prank(NEXT);
        registry.acceptOperator();
        tells("OperatorChanged(address,address)", word(OPERATOR), word(NEXT), 0, "");
    }

    function test_refuses_ether_and_unknown_calls() public {
        vm.deal(COLLEGE, 1 ether);
        vm.prank(COLLEGE);
        (bool accepted,) = address(registry).call{value: 1}("");
        vm.assertFalse(accepted, "ether");
        vm.prank(OPERATOR);
        (accepted,) = address(registry).call("upgradeTo(address)");
        vm.assertFalse(accepted, "unknown");
    }

    function name(address operator, address successor) private {
        vm.prank(operator);
        registry.nameOperator(successor);
    }

    function word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    /// @dev One event and no other since the last; `third` is zero where it has two indexed values.
    function tells(string memory signature, bytes32 first, bytes32 second, bytes32 third, bytes memory data)
        private
    {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, signature);
        vm.assertEq(logs[0].emitter, address(registry), signature);
        vm.assertEq(logs[0].topics.length, third == 0 ? 3 : 4, signature);
        vm.assertEq(logs[0].topics[0], keccak256(bytes(signature)), signature);
        vm.assertEq(logs[0].topics[1], first, signature);
        vm.assertEq(logs[0].topics[2], second, signature);
        if (third != 0) vm.assertEq(logs[0].topics[3], third, signature);
        vm.assertEq(logs[0].data, data, signature);
    }
}

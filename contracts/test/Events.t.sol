// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./support/RegistryTest.sol";
import {Vm} from "./support/Vm.sol";

/// @title EventsTest
/// @notice A table of calls, each with the events that a reader of the chain must find after it.
contract EventsTest is RegistryTest {
    bytes32 private constant ROOT_ANCHORED = keccak256("RootAnchored(address,bytes32,uint64)");
    string private constant DID = "did:web:credentials.college.example";

    struct Call {
        string desc;
        address issuer;
        bytes32 root;
        uint64 treeSize;
        bool emits;
    }

    function setUp() public override {
        super.setUp();
        anchorAs(COLLEGE, ROOT_3, 3);
    }

    function fixtureCall() public pure returns (Call[] memory calls) {
        calls = new Call[](9);
        calls[0] = Call("one leaf more", COLLEGE, ROOT_4, 4, true);
        calls[1] = Call("several leaves more", COLLEGE, ROOT_7, 7, true);
        calls[2] = Call("the largest size", COLLEGE, ROOT_7, type(uint64).max, true);
        calls[3] = Call("another issuer's first", OTHER, ROOT_4, 1, true);
        calls[4] = Call("another issuer, the same root", OTHER, ROOT_3, 3, true);
        calls[5] = Call("the same root and size", COLLEGE, ROOT_3, 3, false);
        calls[6] = Call("the same root, larger", COLLEGE, ROOT_3, 4, false);
        calls[7] = Call("a new root of the same size", COLLEGE, ROOT_4, 3, false);
        calls[8] = Call("a zero root", COLLEGE, 0, 4, false);
    }

    function tableEvents(Call memory call) public {
        vm.recordLogs();
        vm.prank(call.issuer);
        (bool accepted,) = address(registry).call(abi.encodeCall(registry.anchor, (call.root, call.treeSize)));
        Vm.Log[] memory logs = vm.getRecordedLogs();

        vm.assertEq(logs.length, call.emits ? 1 : 0, call.desc);
        vm.assertFalse(accepted != call.emits, call.desc);
        if (!call.emits) return;

        vm.assertEq(logs[0].emitter, address(registry), call.desc);
        vm.assertEq(logs[0].topics.length, 3, call.desc);
        vm.assertEq(logs[0].topics[0], ROOT_ANCHORED, call.desc);
        vm.assertEq(logs[0].topics[1], bytes32(uint256(uint160(call.issuer))), call.desc);
        vm.assertEq(logs[0].topics[2], call.root, call.desc);
        vm.assertEq(logs[0].data, abi.encode(call.treeSize), call.desc);
    }

    function test_a_profile_tells_wallet_document_and_did() public {
        vm.recordLogs();
        vm.prank(COLLEGE);
        registry.setProfile(DID, ROOT_7);
        onlyEvent(keccak256("ProfileSet(address,bytes32,string)"), COLLEGE, ROOT_7, abi.encode(DID));
    }

    function test_a_succession_tells_both_wallets_and_the_size() public {
        bytes32 other = bytes32(uint256(uint160(OTHER)));
        vm.recordLogs();
        vm.prank(COLLEGE);
        registry.nameSuccessor(OTHER);
        onlyEvent(keccak256("SuccessorNamed(address,address)"), COLLEGE, other, "");
        vm.prank(OTHER);
        registry.acceptSuccession(COLLEGE, 3);
        onlyEvent(
            keccak256("SuccessionAccepted(address,address,uint64)"), COLLEGE, other, abi.encode(uint64(3))
        );
    }

    function test_a_notice_tells_wallet_and_moment() public {
        vm.recordLogs();
        vm.prank(COLLEGE);
        registry.disown(NOW - 5);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "events");
        vm.assertEq(logs[0].topics.length, 2, "topics");
        vm.assertEq(logs[0].topics[0], keccak256("Disowned(address,uint64)"), "name");
        vm.assertEq(logs[0].topics[1], bytes32(uint256(uint160(COLLEGE))), "wallet");
        vm.assertEq(logs[0].data, abi.encode(NOW - 5), "moment");
    }

    function onlyEvent(bytes32 name, address wallet, bytes32 third, bytes memory data) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "events");
        vm.assertEq(logs[0].emitter, address(registry), "emitter");
        vm.assertEq(logs[0].topics.length, 3, "topics");
        vm.assertEq(logs[0].topics[0], name, "name");
        vm.assertEq(logs[0].topics[1], bytes32(uint256(uint160(wallet))), "wallet");
        vm.assertEq(logs[0].topics[2], third, "third");
        vm.assertEq(logs[0].data, data, "data");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationRegistry} from "../src/AccreditationRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// @title PublishedTest
/// @notice The code in abi/ is the code that these tests ran.
contract PublishedTest is RegistryTest {
    address private constant OPERATOR = address(0x0b5);

    function test_the_published_code_is_the_tested_code() public {
        isPublished("abi/AnchorRegistry.json", address(registry));
        isPublished("abi/AccreditationRegistry.json", address(new AccreditationRegistry(OPERATOR)));
    }

    function test_the_published_creation_code_deploys_it() public {
        deploys("abi/AnchorRegistry.json", "");
        deploys("abi/AccreditationRegistry.json", abi.encode(OPERATOR));
    }

    function isPublished(string memory name, address contract_) private view {
        string memory file = vm.readFile(name);
        vm.assertEq(vm.parseJsonBytes(file, ".runtimeBytecode"), contract_.code, name);
        vm.assertEq(vm.parseJsonBytes32(file, ".runtimeCodeHash"), contract_.codehash, name);
    }

    function deploys(string memory name, bytes memory arguments) private {
        string memory file = vm.readFile(name);
        bytes memory code = abi.encodePacked(vm.parseJsonBytes(file, ".bytecode"), arguments);
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        vm.assertEq(deployed.codehash, vm.parseJsonBytes32(file, ".runtimeCodeHash"), name);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./support/RegistryTest.sol";

/// @title PublishedTest
/// @notice The code in abi/AnchorRegistry.json is the code that these tests ran.
contract PublishedTest is RegistryTest {
    function test_the_published_code_is_the_tested_code() public view {
        string memory file = vm.readFile("abi/AnchorRegistry.json");
        vm.assertEq(vm.parseJsonBytes(file, ".runtimeBytecode"), address(registry).code, "runtime code");
        vm.assertEq(vm.parseJsonBytes32(file, ".runtimeCodeHash"), address(registry).codehash, "code hash");
    }

    function test_the_published_creation_code_deploys_it() public {
        string memory file = vm.readFile("abi/AnchorRegistry.json");
        bytes memory code = vm.parseJsonBytes(file, ".bytecode");
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        vm.assertEq(deployed.codehash, address(registry).codehash, "code hash");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title LogHandler
/// @notice Sends random calls of a few issuers to the registry, each expected to end as the rules say, and keeps
/// its own account of what the registry must hold. Few issuers and few roots, so that they often meet again.
contract LogHandler {
    uint256 private constant ISSUERS = 4;
    uint256 private constant ROOTS = 48;

    Vm private immutable VM;
    IAnchorRegistry private immutable REGISTRY;

    address[] private _issuers;
    bytes32[] private _roots;
    uint64 private _now = 1;

    mapping(address issuer => uint64 size) public sizeOf;
    mapping(address issuer => uint256 count) public anchorsOf;
    mapping(address issuer => mapping(bytes32 root => uint64 time)) private _timeOf;

    constructor(Vm vm, IAnchorRegistry registry) {
        VM = vm;
        REGISTRY = registry;
        for (uint160 i = 1; i <= ISSUERS; ++i) {
            _issuers.push(address(i << 16));
        }
        for (uint256 i = 1; i <= ROOTS; ++i) {
            _roots.push(keccak256(abi.encode(i)));
        }
    }

    /// @notice Any root and any size, refused or not.
    function anchorAnything(uint256 who, uint256 which, uint64 size, uint32 pause) external {
        anchor(_issuers[who % ISSUERS], _roots[which % ROOTS], size, pause);
    }

    /// @notice A log that grows by a few leaves, or not at all.
    function anchorNext(uint256 who, uint256 which, uint8 growth, uint32 pause) external {
        address issuer = _issuers[who % ISSUERS];
        uint64 last = sizeOf[issuer];
        uint64 room = type(uint64).max - last;
        anchor(issuer, _roots[which % ROOTS], last + (growth < room ? growth : room), pause);
    }

    /// @notice No root at all.
    function anchorZero(uint256 who, uint64 size) external {
        anchor(_issuers[who % ISSUERS], 0, size, 0);
    }

    function issuers() external view returns (address[] memory) {
        return _issuers;
    }

    function roots() external view returns (bytes32[] memory) {
        return _roots;
    }

    /// @return times What the registry must answer for all of `roots`.
    function timesOf(address issuer) external view returns (uint64[] memory times) {
        times = new uint64[](_roots.length);
        for (uint256 i = 0; i < times.length; ++i) {
            times[i] = _timeOf[issuer][_roots[i]];
        }
    }

    function anchor(address issuer, bytes32 root, uint64 size, uint32 pause) private {
        _now += pause;
        VM.warp(_now);

        bytes memory refusal = refusalOf(issuer, root, size);
        uint64 before = REGISTRY.lastSize(issuer);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(issuer);
        REGISTRY.anchor(root, size);
        VM.assertGe(REGISTRY.lastSize(issuer), before, "the last size fell");
        if (refusal.length != 0) return;

        sizeOf[issuer] = size;
        _timeOf[issuer][root] = _now;
        ++anchorsOf[issuer];
    }

    /// @return The error that the rules ask for; empty if the call must be accepted.
    function refusalOf(address issuer, bytes32 root, uint64 size) private view returns (bytes memory) {
        uint64 time = _timeOf[issuer][root];
        uint64 last = sizeOf[issuer];
        if (root == 0) return abi.encodeWithSelector(IAnchorRegistry.ZeroRoot.selector);
        if (time != 0) {
            return abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, root, time);
        }
        if (size <= last) {
            return abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, size, last);
        }
        return "";
    }
}

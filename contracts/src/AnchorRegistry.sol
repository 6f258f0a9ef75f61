// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "./IAnchorRegistry.sol";

/// @title AnchorRegistry
/// @notice See `IAnchorRegistry`. No owner, no upgrade, no constructor, no immutable value, no ether: the hash
/// of the runtime code identifies the registry on any chain.
contract AnchorRegistry is IAnchorRegistry {
    /// @dev Values of type uint64 fill a storage word each: a narrower field would have to be merged with the
    /// rest of its word on each write.
    struct Checkpoint {
        uint256 anchoredAt;
    }

    struct Log {
        uint256 lastSize;
        mapping(bytes32 root => Checkpoint checkpoint) checkpoints;
    }

    mapping(address issuer => Log log) private _logs;

    /// @inheritdoc IAnchorRegistry
    function anchor(bytes32 root, uint64 treeSize) external {
        Log storage log = _logs[msg.sender];
        Checkpoint storage checkpoint = log.checkpoints[root];

        if (root == 0) revert ZeroRoot();
        uint64 time = uint64(checkpoint.anchoredAt);
        if (time != 0) revert RootAlreadyAnchored(root, time);
        uint64 last = uint64(log.lastSize);
        if (treeSize <= last) revert TreeSizeNotGreater(treeSize, last);

        checkpoint.anchoredAt = uint64(block.timestamp);
        log.lastSize = treeSize;

        emit RootAnchored(msg.sender, root, treeSize);
    }

    /// @inheritdoc IAnchorRegistry
    function anchoredAt(address issuer, bytes32 root) external view returns (uint64) {
        return uint64(_logs[issuer].checkpoints[root].anchoredAt);
    }

    /// @inheritdoc IAnchorRegistry
    function anchoredAtMany(address issuer, bytes32[] calldata roots)
        external
        view
        returns (uint64[] memory times)
    {
        Log storage log = _logs[issuer];
        times = new uint64[](roots.length);
        for (uint256 i = 0; i < roots.length; ++i) {
            times[i] = uint64(log.checkpoints[roots[i]].anchoredAt);
        }
    }

    /// @inheritdoc IAnchorRegistry
    function lastSize(address issuer) external view returns (uint64) {
        return uint64(_logs[issuer].lastSize);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "./IAnchorRegistry.sol";
import {Rfc9162} from "./Rfc9162.sol";

/// @title AnchorRegistry
/// @notice See `IAnchorRegistry`. No owner, no upgrade, no constructor, no immutable value, no ether: the hash
/// of the runtime code identifies the registry on any chain.
contract AnchorRegistry is IAnchorRegistry {
    /// @dev What `anchor` has to know shares the one word that it writes, so that knowing more costs no more.
    struct State {
        uint64 lastSize;
        uint64 disownedSince;
        uint64 succeededAt;
    }

    /// @dev A checkpoint is one word, written once: its time, and above it the tree's size. Written whole, as
    /// two fields would be merged one after the other into what is there.
    struct Log {
        State state;
        address successor;
        address predecessor;
        bytes32 didDocumentHash;
        mapping(bytes32 root => uint256 checkpoint) checkpoints;
    }

    uint256 private constant TIME_BITS = 64;

    mapping(address wallet => Log log) private _logs;

    /// @inheritdoc IAnchorRegistry
    function anchor(bytes32 root, uint64 treeSize) external {
        Log storage log = _logs[msg.sender];
        if (root == 0) revert ZeroRoot();
        uint64 time = uint64(log.checkpoints[root]);
        if (time != 0) revert RootAlreadyAnchored(root, time);
        uint64 last = sizeIfOpen(log);
        if (treeSize <= last) revert TreeSizeNotGreater(treeSize, last);

        log.checkpoints[root] = (uint256(treeSize) << TIME_BITS) | uint64(block.timestamp);
        log.state.lastSize = treeSize;

        emit RootAnchored(msg.sender, root, treeSize);
    }

    /// @inheritdoc IAnchorRegistry
    function setProfile(string calldata did, bytes32 didDocumentHash) external {
        Log storage log = _logs[msg.sender];
        sizeIfOpen(log);
        if (bytes(did).length == 0 || didDocumentHash == 0) revert ProfileIncomplete();

        log.didDocumentHash = didDocumentHash;

        emit ProfileSet(msg.sender, didDocumentHash, did);
    }

    /// @inheritdoc IAnchorRegistry
    function nameSuccessor(address successor) external {
        Log storage log = _logs[msg.sender];
        sizeIfOpen(log);

        log.successor = successor;

        emit SuccessorNamed(msg.sender, successor);
    }

    /// @inheritdoc IAnchorRegistry
    function acceptSuccession(address wallet, uint64 size) external {
        Log storage mine = _logs[msg.sender];
        uint64 own = sizeIfOpen(mine);
        if (own != 0) revert LogNotEmpty(own);
        Log storage theirs = _logs[wallet];
        if (theirs.successor != msg.sender) revert NotTheNamedSuccessor(theirs.successor);
        uint64 last = sizeIfOpen(theirs);
        if (size == 0 || size != last) revert LastSizeOther(size, last);

        theirs.state.succeededAt = uint64(block.timestamp);
        mine.predecessor = wallet;
        mine.state.lastSize = size;

        emit SuccessionAccepted(wallet, msg.sender, size);
    }

    /// @inheritdoc IAnchorRegistry
    function disown(uint64 since) external {
        Log storage log = _logs[msg.sender];
        uint64 before = log.state.disownedSince;
        uint64 latest = before == 0 ? uint64(block.timestamp) : before - 1;
        if (since == 0 || since > latest) revert SinceOutOfRange(since, latest);

        log.state.disownedSince = since;

        emit Disowned(msg.sender, since);
    }

    /// @inheritdoc IAnchorRegistry
    function anchoredAt(address issuer, bytes32 root) external view returns (uint64) {
        return uint64(_logs[issuer].checkpoints[root]);
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
            times[i] = uint64(log.checkpoints[roots[i]]);
        }
    }

    /// @inheritdoc IAnchorRegistry
    function checkpointOf(address issuer, bytes32 root)
        public
        view
        returns (uint64 time, uint64 treeSize, bool disowned)
    {
        Log storage log = _logs[issuer];
        uint256 checkpoint = log.checkpoints[root];
        uint64 since = log.state.disownedSince;
        time = uint64(checkpoint);
        treeSize = uint64(checkpoint >> TIME_BITS);
        disowned = since != 0 && time >= since;
    }

    /// @inheritdoc IAnchorRegistry
    function lastSize(address issuer) external view returns (uint64) {
        return _logs[issuer].state.lastSize;
    }

    /// @inheritdoc IAnchorRegistry
    function profileOf(address wallet) external view returns (bytes32) {
        return _logs[wallet].didDocumentHash;
    }

    /// @inheritdoc IAnchorRegistry
    function successorOf(address wallet) external view returns (address successor, uint64 acceptedAt) {
        Log storage log = _logs[wallet];
        return (log.successor, log.state.succeededAt);
    }

    /// @inheritdoc IAnchorRegistry
    function predecessorOf(address wallet) external view returns (address) {
        return _logs[wallet].predecessor;
    }

    /// @inheritdoc IAnchorRegistry
    function disownedSince(address wallet) external view returns (uint64) {
        return _logs[wallet].state.disownedSince;
    }

    /// @inheritdoc IAnchorRegistry
    function verifyInclusion(
        address issuer,
        bytes32 root,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external view returns (bool) {
        (, uint64 treeSize, bool disowned) = checkpointOf(issuer, root);
        // A root never anchored has size zero, in which no index lies.
        return !disowned && Rfc9162.leadsTo(root, treeSize, leafHash, index, path);
    }

    /// @inheritdoc IAnchorRegistry
    function provesInclusion(
        bytes32 root,
        uint64 treeSize,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external pure returns (bool) {
        return Rfc9162.leadsTo(root, treeSize, leafHash, index, path);
    }

    /// @dev The last size of a log that can be written: not one disowned or given up.
    function sizeIfOpen(Log storage log) private view returns (uint64) {
        uint64 since = log.state.disownedSince;
        if (since != 0) revert WalletDisowned(since);
        if (log.state.succeededAt != 0) revert WalletSucceeded(log.successor);
        return log.state.lastSize;
    }
}

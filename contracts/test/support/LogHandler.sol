// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title LogHandler
/// @notice Sends random calls of a few wallets to the registry, each expected to end as the rules say, and keeps
/// its own account of what the registry must hold. Few wallets and few roots, so that they often meet again.
contract LogHandler {
    uint256 private constant WALLETS = 6;
    uint256 private constant ROOTS = 48;
    /// @dev Of so many notices drawn one is given: each closes a wallet for good.
    uint256 private constant RARELY = 6;

    struct Account {
        uint64 size;
        uint256 anchors;
        uint64 disownedSince;
        address successor;
        uint64 succeededAt;
        address predecessor;
    }

    Vm private immutable VM;
    IAnchorRegistry private immutable REGISTRY;

    address[] private _wallets;
    bytes32[] private _roots;
    uint64 private _now = 1;

    mapping(address wallet => Account account) private _accounts;
    mapping(address wallet => mapping(bytes32 root => uint64 time)) private _timeOf;
    mapping(address wallet => mapping(bytes32 root => uint64 size)) public sizeOf;

    constructor(Vm vm, IAnchorRegistry registry) {
        VM = vm;
        REGISTRY = registry;
        for (uint160 i = 1; i <= WALLETS; ++i) {
            _wallets.push(address(i << 16));
        }
        for (uint256 i = 1; i <= ROOTS; ++i) {
            _roots.push(keccak256(abi.encode(i)));
        }
    }

    /// @notice Any root and any size, refused or not.
    function anchorAnything(uint256 who, uint256 which, uint64 size, uint32 pause) external {
        anchor(_wallets[who % WALLETS], _roots[which % ROOTS], size, pause);
    }

    /// @notice A log that grows by a few leaves, or not at all.
    function anchorNext(uint256 who, uint256 which, uint8 growth, uint32 pause) external {
        address wallet = _wallets[who % WALLETS];
        uint64 last = _accounts[wallet].size;
        uint64 room = type(uint64).max - last;
        anchor(wallet, _roots[which % ROOTS], last + (growth < room ? growth : room), pause);
    }

    /// @notice No root at all.
    function anchorZero(uint256 who, uint64 size) external {
        anchor(_wallets[who % WALLETS], 0, size, 0);
    }

    /// @notice Any wallet names any wallet, itself too.
    function nameSuccessor(uint256 who, uint256 whom) external {
        address wallet = _wallets[who % WALLETS];
        address successor = _wallets[whom % WALLETS];
        bytes memory refusal = closed(wallet);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(wallet);
        REGISTRY.nameSuccessor(successor);
        if (refusal.length == 0) _accounts[wallet].successor = successor;
    }

    /// @notice Any wallet tries to take over another's log, mostly knowing its size.
    function acceptAnything(uint256 who, uint256 whom, uint8 slip) external {
        address wallet = _wallets[whom % WALLETS];
        uint64 size = _accounts[wallet].size;
        accept(_wallets[who % WALLETS], wallet, slip % 4 == 0 ? uint64(slip) : size);
    }

    /// @notice Whoever was named takes over.
    function acceptNamed(uint256 whom) external {
        address wallet = _wallets[whom % WALLETS];
        address successor = _accounts[wallet].successor;
        if (successor != address(0)) accept(successor, wallet, _accounts[wallet].size);
    }

    /// @notice A notice of any moment up to a little after now.
    function disown(uint256 who, uint64 since, uint256 chance) external {
        if (chance % RARELY != 0) return;
        address wallet = _wallets[who % WALLETS];
        since = since % (_now + 2);
        uint64 before = _accounts[wallet].disownedSince;
        uint64 latest = before == 0 ? _now : before - 1;
        bool refused = since == 0 || since > latest;
        if (refused) {
            VM.expectRevert(abi.encodeWithSelector(IAnchorRegistry.SinceOutOfRange.selector, since, latest));
        }
        VM.warp(_now);
        VM.prank(wallet);
        REGISTRY.disown(since);
        if (!refused) _accounts[wallet].disownedSince = since;
    }

    function wallets() external view returns (address[] memory) {
        return _wallets;
    }

    function roots() external view returns (bytes32[] memory) {
        return _roots;
    }

    function accountOf(address wallet) external view returns (Account memory) {
        return _accounts[wallet];
    }

    /// @return times What the registry must answer for all of `roots`.
    function timesOf(address wallet) external view returns (uint64[] memory times) {
        times = new uint64[](_roots.length);
        for (uint256 i = 0; i < times.length; ++i) {
            times[i] = _timeOf[wallet][_roots[i]];
        }
    }

    function anchor(address wallet, bytes32 root, uint64 size, uint32 pause) private {
        _now += pause;
        VM.warp(_now);

        bytes memory refusal = refusalOf(wallet, root, size);
        uint64 before = REGISTRY.lastSize(wallet);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(wallet);
        REGISTRY.anchor(root, size);
        VM.assertGe(REGISTRY.lastSize(wallet), before, "the last size fell");
        if (refusal.length != 0) return;

        _accounts[wallet].size = size;
        ++_accounts[wallet].anchors;
        _timeOf[wallet][root] = _now;
        sizeOf[wallet][root] = size;
    }

    function accept(address successor, address wallet, uint64 size) private {
        bytes memory refusal = refusalToAccept(successor, wallet, size);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.warp(_now);
        VM.prank(successor);
        REGISTRY.acceptSuccession(wallet, size);
        if (refusal.length != 0) return;

        _accounts[wallet].succeededAt = _now;
        _accounts[successor].predecessor = wallet;
        _accounts[successor].size = size;
    }

    /// @return The error that the rules ask for; empty if the call must be accepted.
    function refusalOf(address wallet, bytes32 root, uint64 size) private view returns (bytes memory) {
        uint64 time = _timeOf[wallet][root];
        uint64 last = _accounts[wallet].size;
        bytes memory shut = closed(wallet);
        if (root == 0) return abi.encodeWithSelector(IAnchorRegistry.ZeroRoot.selector);
        if (time != 0) {
            return abi.encodeWithSelector(IAnchorRegistry.RootAlreadyAnchored.selector, root, time);
        }
        if (shut.length != 0) return shut;
        if (size <= last) {
            return abi.encodeWithSelector(IAnchorRegistry.TreeSizeNotGreater.selector, size, last);
        }
        return "";
    }

    /// @return The error that the rules ask for; empty if the call must be accepted.
    function refusalToAccept(address successor, address wallet, uint64 size)
        private
        view
        returns (bytes memory)
    {
        Account memory mine = _accounts[successor];
        Account memory theirs = _accounts[wallet];
        bytes memory shut = closed(successor);
        if (shut.length != 0) return shut;
        if (mine.size != 0) return abi.encodeWithSelector(IAnchorRegistry.LogNotEmpty.selector, mine.size);
        if (theirs.successor != successor) {
            return abi.encodeWithSelector(IAnchorRegistry.NotTheNamedSuccessor.selector, theirs.successor);
        }
        shut = closed(wallet);
        if (shut.length != 0) return shut;
        if (size == 0 || size != theirs.size) {
            return abi.encodeWithSelector(IAnchorRegistry.LastSizeOther.selector, size, theirs.size);
        }
        return "";
    }

    /// @return The error of a wallet that can write nothing more; empty if it can.
    function closed(address wallet) private view returns (bytes memory) {
        Account memory account = _accounts[wallet];
        if (account.disownedSince != 0) {
            return abi.encodeWithSelector(IAnchorRegistry.WalletDisowned.selector, account.disownedSince);
        }
        if (account.succeededAt != 0) {
            return abi.encodeWithSelector(IAnchorRegistry.WalletSucceeded.selector, account.successor);
        }
        return "";
    }
}

"""Journeys run on the installation of the integration tests."""

from tests.integration.conftest import foundation, installation, wallets_quick_to_open

__all__ = ["foundation", "installation", "wallets_quick_to_open"]

"""Journeys run on the installation of the integration tests."""

from tests.integration.conftest import foundation, installation

__all__ = ["foundation", "installation"]

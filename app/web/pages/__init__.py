"""Pages, one module per audience: employers (verify), learners (profile), the curious (institution, catalogue,
rules, pathways)."""

from starlette.routing import BaseRoute

from app.web.pages import catalogue, home, institution, pathways, profile, rules, verify


def routes() -> list[BaseRoute]:
    """Every page."""
    return [
        *home.routes,
        *verify.routes,
        *institution.routes,
        *catalogue.routes,
        *profile.routes,
        *rules.routes,
        *pathways.routes,
    ]

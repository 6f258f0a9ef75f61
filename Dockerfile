# One image for every process: `stackmark serve`, `stackmark worker`, `stackmark migrate`.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/stackmark
COPY requirements.txt ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
COPY . .
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv/stackmark --shell /usr/sbin/nologin stackmark
WORKDIR /srv/stackmark
COPY --from=build /opt/venv /opt/venv
COPY --chown=root:root app app
COPY --chown=root:root migrations migrations
COPY --chown=root:root contracts/abi contracts/abi
COPY --chown=root:root alembic.ini ./
RUN install -d -o stackmark -g stackmark wallets .data
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    STACKMARK_HOST=0.0.0.0 STACKMARK_LOG_FORMAT=json
USER stackmark
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["stackmark", "serve"]

# SPDX-License-Identifier: MIT
# A stand-in for the official image of PostgreSQL 15, for machines that reach no registry of images:
# Debian's server behind the same variables, paths and user. For tests alone.
ARG DEBIAN_IMAGE=debian:bookworm-slim
FROM ${DEBIAN_IMAGE}
# Any version will do that the mirror has today.
# hadolint ignore=DL3008
RUN groupadd --gid 999 postgres \
    && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
    && apt-get update -q \
    && apt-get install -y -q --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* /etc/postgresql/* \
    && install -d -o 999 -g 999 -m 0700 /var/lib/postgresql/data \
    && install -d -o 999 -g 999 -m 1777 /var/run/postgresql
COPY deploy/docker/test/postgres_entry /usr/local/bin/postgres_entry
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
USER 999:999
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["/usr/local/bin/postgres_entry"]
CMD ["postgres"]

# SPDX-License-Identifier: MIT
# The image of the frontend: the built console, served by NGINX, which passes the API on to backends.
#
# Behind a proxy that opens TLS, npm needs the proxy's authority too: give its certificates as the
# secret `ca`. They do not become part of the image.
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS console
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci
COPY docs/api ../docs/api
COPY web ./
RUN npm run build

FROM ${DEBIAN_IMAGE} AS server
WORKDIR /src
COPY tools/packages.txt tools/install_packages tools/
RUN tools/install_packages image frontend
COPY include/triage/version.h include/triage/version.h
COPY deploy/docker deploy/docker
COPY --from=console /src/web/package-lock.json web/package-lock.json
COPY --from=console /src/web/node_modules web/node_modules
RUN gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow -Werror -pthread \
        -o /usr/local/bin/front deploy/docker/nginx/*.c \
    && strip /usr/local/bin/front
RUN NPM_LOCK=web/package-lock.json deploy/docker/collect /image /usr/local/bin/front /usr/sbin/nginx
COPY deploy/docker/nginx/nginx.conf deploy/docker/nginx/proxy.conf deploy/docker/nginx/headers.conf \
    /image/etc/nginx/
COPY --from=console /src/web/dist /image/usr/share/triage/console

FROM scratch AS frontend
ARG TRIAGE_VERSION=dev
ARG TRIAGE_REVISION=unknown
ARG TRIAGE_CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="triage/frontend" \
      org.opencontainers.image.description="Triage: the console, and the way to the API" \
      org.opencontainers.image.vendor="Triage" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${TRIAGE_VERSION}" \
      org.opencontainers.image.revision="${TRIAGE_REVISION}" \
      org.opencontainers.image.created="${TRIAGE_CREATED}" \
      triage.sbom="/usr/share/triage/sbom.spdx.json"
COPY --from=server /image /
ENV FRONT_BACKENDS=backend:8081 \
    FRONT_PORT=8080
USER 65532:65532
WORKDIR /
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=10s --retries=3 CMD ["/usr/bin/front", "health"]
ENTRYPOINT ["/usr/bin/front"]

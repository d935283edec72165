# SPDX-License-Identifier: MIT
# What a build and its tests need, so that they themselves run without a network.
ARG DEBIAN_IMAGE=debian:bookworm-slim
FROM ${DEBIAN_IMAGE}
COPY tools/install_packages tools/packages.txt /tools/
RUN /tools/install_packages build test ci && rm -rf /var/lib/apt/lists/*
# The user that owns the checkout. PostgreSQL starts for no user without a name.
ARG CI_UID=1000
RUN getent passwd "$CI_UID" || useradd --uid "$CI_UID" --no-create-home ci

# SPDX-License-Identifier: MIT
# What a build and its tests need, so that they themselves run without a network.
ARG DEBIAN_IMAGE=debian:bookworm-slim
FROM ${DEBIAN_IMAGE}
COPY tools/install_packages tools/packages.txt /tools/
RUN /tools/install_packages build test ci && rm -rf /var/lib/apt/lists/*

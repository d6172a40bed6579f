# Builds trueline from this directory and installs it beside Python; nothing here depends on the architecture:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/trueline:0.1.0 --push .
# Pin the base by digest for a build that can be repeated: --build-arg BASE=python:3.11-slim@sha256:...
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
# Optional parts to install too, such as [asff]
ARG EXTRAS=
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python -m venv /opt/trueline \
 && wheel="$(echo /wheels/trueline-*.whl)" \
 && /opt/trueline/bin/pip install --no-cache-dir "${wheel}${EXTRAS}" \
 && /opt/trueline/bin/python -m compileall -q /opt/trueline/lib \
 && /opt/trueline/bin/pip uninstall --yes pip setuptools

FROM ${BASE}
LABEL org.opencontainers.image.title="trueline" \
      org.opencontainers.image.description="Audit Kubernetes clusters and Linux nodes against the CIS Benchmarks" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/trueline /opt/trueline
# Where a Job mounts what it reads of the node; empty where nothing is mounted
RUN mkdir /host
ENV PATH=/opt/trueline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
# Whoever reads a node sets another user; see deploy/
USER 65532:65532
WORKDIR /
ENTRYPOINT ["trueline"]
CMD ["--help"]

# docs/kubernetes.md says how it is built and used. Pin the base by its digest: --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=0
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY tools/node-runtime tools/node-runtime
# The secret, an .npmrc, is for those who have a registry of their own.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json LICENSE ./
COPY bin bin
COPY schemas schemas
COPY src src
COPY tools tools
RUN npm run build \
  && node tools/image/bundle.ts /image/program/opt/logpushd \
  && mkdir /image/program/opt/logpushd/config \
  && cp tools/image/logpushd.yaml /image/program/opt/logpushd/config/logpushd.yaml \
  && node tools/image/runtime.ts /image/runtime \
  && mkdir -p /image/state/var/lib/logpushd /image/runtime/var/lib /image/program/etc/logpushd \
  && node tools/image/seal.ts /image "${SOURCE_DATE_EPOCH}"

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="logpushd" \
  org.opencontainers.image.description="Keeps Cloudflare Logpush jobs exactly as the YAML in your Git repository says, and tells you when somebody changes them." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}"
COPY --from=build /image/runtime/ /
COPY --from=build --chown=65532:65532 --chmod=0700 /image/state/var/lib/logpushd /var/lib/logpushd
COPY --from=build /image/program/ /
ENV NODE_ENV=production
# Relative paths, and config/logpushd.yaml, are looked for here.
WORKDIR /opt/logpushd
USER 65532:65532
EXPOSE 8080
# Node is process 1: it handles SIGTERM itself and starts no other process.
ENTRYPOINT ["/usr/local/bin/node", "/opt/logpushd/bin/logpushd.mjs"]
CMD ["run"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/usr/local/bin/node", "/opt/logpushd/bin/health.mjs"]

# The worker's image. `docker build .` makes it; `--target development` makes the one with every
# package, for the local stack.
#
# Every base is named with its version here and pinned by digest with `make pin`, which asks the
# registry and writes `@sha256:…` behind the version, in this file and in the compose files.

ARG NODE_IMAGE=node:24.22.3-bookworm-slim

# Production packages for this platform, with the list of them (SBOM). devDependencies are removed from
# package.json first: npm would install those that are optional peers of production packages. That is
# also why this is `npm install`: `npm ci` requires package.json and lock to agree. Versions and hashes
# are the lock's, and no package's install script runs (.npmrc). Types and source maps are for
# compilers and debuggers.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm pkg delete devDependencies optionalDependencies \
 && npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
 && npm sbom --sbom-format cyclonedx --omit dev >sbom.cdx.json \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
      -not -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && find node_modules -type f -regex '.*\.\(d\.[cm]?ts\|map\)' -delete

# The pose models: MediaPipe's files, held to their SHA-256 and converted.
FROM packages AS models
COPY package.json ./
COPY scripts/build-models.ts scripts/pose-models.ts scripts/
COPY packages/tflite-to-onnx packages/tflite-to-onnx
COPY src/images/free-buffer.ts src/images/
COPY src/adapters/mediapipe/models.ts src/adapters/mediapipe/
RUN mkdir -p node_modules/@mediapipe/pose \
 && npm pack --silent "@mediapipe/pose@$(node -p "require('./package.json').devDependencies['@mediapipe/pose']")" \
 && tar -xzf mediapipe-pose-*.tgz --strip-components=1 -C node_modules/@mediapipe/pose \
 && node scripts/build-models.ts

# Every package and the local stack's Redis: for `npm run local` and `npm run demo`.
FROM ${NODE_IMAGE} AS development
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 1000 -g 1000 /app /run/local-stack
WORKDIR /app
USER 1000:1000
COPY --chown=1000:1000 package.json package-lock.json .npmrc ./
RUN npm install --ignore-scripts --no-audit --no-fund --loglevel=error
COPY --chown=1000:1000 . .
COPY --from=models --chown=1000:1000 /app/models models
CMD ["node", "local/main.ts"]

FROM ${NODE_IMAGE} AS worker
# What fetches and installs has no business near the service's keys.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && ln -s /app/bin/wearon /usr/local/bin/wearon
# onnxruntime reports to its maker unless it is disabled.
ENV NODE_ENV=production \
    MEDIAPIPE_MODEL_PATH=/app/models \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/sbom.cdx.json ./
COPY --from=models /app/models models
COPY package.json LICENSE ./
COPY licenses licenses
COPY bin bin
COPY src src
RUN install -d -o 1000 -g 1000 node_modules/.compile-cache

ARG VERSION=dev
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="wearon-worker" \
      org.opencontainers.image.description="The worker service of WearOn: virtual try-on pictures and size recommendations" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

# The base image's user `node`, by number so that Kubernetes can see that it is not root.
USER 1000:1000
# Compiled ahead: a start takes two thirds of the time. The cache is the user's who made it.
RUN node -e "import('./src/compile-cache.ts').then(({ keepCompiled }) => import('./src/app.ts').then(keepCompiled))"
EXPOSE 8000
# SIGTERM reaches node itself, which handles it: the exec form, and a shell that gives its process to node.
# As PID 1 it would miss one in the first fraction of a second: `docker run` needs `--init`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["bin/worker"]

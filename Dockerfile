# Two images from one file: `hetao`, the product alone, and `case-system`, the simulated city case system beside it. Neither has npm,
# development packages or a shell script between the engine's signals and Node.

# The pages are built with the development packages, of which nothing else is kept.
FROM node:24.21.0-bookworm-slim AS pages
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/build-dashboards.ts scripts/
COPY dashboards/web dashboards/web
RUN node scripts/build-dashboards.ts

# The optional packages are Node itself for machines without it; this image has it.
FROM node:24.21.0-bookworm-slim AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim AS base
ENV NODE_ENV=production
WORKDIR /app
# A new volume takes over owner and mode of the directory it is mounted on.
RUN install -d -o node -g node -m 0700 /data \
  && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
COPY package.json LICENSE ./
COPY --from=packages /build/node_modules node_modules
COPY src src
USER node

FROM base AS case-system
COPY simulators/case-system simulators/case-system
EXPOSE 9090
ENTRYPOINT ["node", "simulators/case-system/main.ts"]

# Last, so that a build without a target makes it.
FROM base AS hetao
COPY devices devices
COPY --from=pages /build/dashboards/web/dist dashboards/web/dist
ENV HETAO_DATA_DIR=/data
EXPOSE 8080 1883
# Node is the first process, so SIGTERM reaches it.
ENTRYPOINT ["node", "src/main.ts"]

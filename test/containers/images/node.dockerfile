# Stands in for node:24-slim, which has no curl either.
ARG BASE
FROM ${BASE}
RUN rm /usr/bin/curl && useradd --uid 1000 --create-home node
COPY node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

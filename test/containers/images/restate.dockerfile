# Stands in for restatedev/restate.
ARG BASE
FROM ${BASE}
COPY restate-server /usr/local/bin/
WORKDIR /
ENTRYPOINT ["/usr/local/bin/restate-server"]

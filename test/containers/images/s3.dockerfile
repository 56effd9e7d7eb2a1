# Stands in for minio/minio: whatever it is told to serve, it serves from memory.
ARG BASE
FROM ${BASE}
COPY s3.ts /
RUN printf '#!/bin/sh\nexec node /s3.ts\n' > /usr/local/bin/minio && chmod +x /usr/local/bin/minio

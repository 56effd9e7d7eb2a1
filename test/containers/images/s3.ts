// As much of S3 as a Restate server asks of a store of snapshots, in memory, for anybody who asks.
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

const objects = new Map<string, { readonly body: Buffer; readonly etag: string }>();
const uploads = new Map<string, Map<number, Buffer>>();

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(request.method, request.url, error);
    response.writeHead(500).end();
  });
}).listen(9000, "0.0.0.0");
process.once("SIGTERM", () => process.exit(0));

// --- internal ---

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://store");
  const key = decodeURIComponent(pathname).slice(1).replace(/\/$/, "");
  const body = await buffer(request);
  const { method = "GET" } = request;
  const upload = searchParams.get("uploadId");

  if (method === "PUT") {
    const isStored = upload !== null || isWanted(request, key);
    if (!isStored) return void response.writeHead(412).end();
    const part = Number(searchParams.get("partNumber"));
    const etag = upload === null ? keep(key, body) : keepPart(upload, part, body);
    response.setHeader("etag", etag).end();
  } else if (method === "DELETE") {
    if (upload === null) objects.delete(key);
    else uploads.delete(upload);
    response.writeHead(204).end();
  } else if (method === "POST" && searchParams.has("delete")) {
    for (const [, name = ""] of body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) {
      objects.delete(`${key}/${name}`);
    }
    sendXml(response, "DeleteResult", "");
  } else if (method === "POST" && upload === null) {
    const id = randomUUID();
    uploads.set(id, new Map());
    sendXml(response, "InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`);
  } else if (method === "POST" && upload !== null) {
    const etag = keep(key, whole(upload));
    sendXml(response, "CompleteMultipartUploadResult", `<ETag>${etag}</ETag>`);
  } else if (searchParams.has("list-type")) {
    sendXml(response, "ListBucketResult", listed(key, searchParams));
  } else {
    sendObject(request, response, key);
  }
}

function sendXml(response: ServerResponse, name: string, content: string): void {
  response.setHeader("content-type", "application/xml");
  response.end(`<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`);
}

/** Whether the object is as the writer thinks: there, with this tag, or not there. */
function isWanted({ headers }: IncomingMessage, key: string): boolean {
  const { "if-match": tag, "if-none-match": none } = headers;
  const stored = objects.get(key);
  return (tag === undefined || stored?.etag === tag) && (none === undefined || !stored);
}

function keep(key: string, body: Buffer): string {
  const etag = `"${createHash("md5").update(body).digest("hex")}"`;
  objects.set(key, { body, etag });
  console.log(`stored ${key}`);
  return etag;
}

function keepPart(upload: string, part: number, body: Buffer): string {
  uploads.get(upload)?.set(part, body);
  return `"${part}"`;
}

function whole(upload: string): Buffer {
  const parts = [...(uploads.get(upload) ?? [])].sort(([one], [other]) => one - other);
  uploads.delete(upload);
  return Buffer.concat(parts.map(([, body]) => body));
}

function listed(bucket: string, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter");
  const names = [...objects.keys()]
    .filter((key) => key.startsWith(`${bucket}/${prefix}`))
    .map((key) => key.slice(bucket.length + 1))
    .sort();
  const folderOf = (name: string) => {
    const end = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    return end === -1 ? undefined : name.slice(0, end + 1);
  };
  const folders = new Set(names.map(folderOf).filter((folder) => folder !== undefined));
  const files = names.filter((name) => folderOf(name) === undefined);
  const contents = files.map((name) => {
    const { body, etag } = objects.get(`${bucket}/${name}`)!;
    return `<Contents><Key>${name}</Key><Size>${body.length}</Size><ETag>${etag}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
  });
  const prefixes = [...folders].map(
    (folder) => `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`,
  );
  return `<Name>${bucket}</Name><KeyCount>${files.length + folders.size}</KeyCount><IsTruncated>false</IsTruncated>${contents.join("")}${prefixes.join("")}`;
}

function sendObject(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  key: string,
): void {
  const stored = objects.get(key);
  if (!stored) return void response.writeHead(404).end();
  const { body, etag } = stored;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to) + 1, body.length) : body.length;
  response.writeHead(from === undefined ? 200 : 206, {
    etag,
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${body.length}`,
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
  });
  response.end(method === "HEAD" ? undefined : body.subarray(start, end));
}

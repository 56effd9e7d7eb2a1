/** Calls a handler: GET without a body, else POST. Throws one sentence when it is refused. */
export async function callIngress<Answer>(url: string, body?: unknown): Promise<Answer> {
  const response = await fetch(
    url,
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        },
  );
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Answer;
  throw new Error(`${new URL(url).pathname} answered ${response.status}: ${reason(text)}`);
}

// --- internal ---

function reason(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

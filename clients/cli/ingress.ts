/** Calls a handler: GET without a body, else POST. Throws one sentence when it is refused. */
export async function callIngress<Answer>(url: string, body?: unknown): Promise<Answer> {
  const response = await request(url, body);
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Answer;
  throw new Error(`${new URL(url).pathname} answered ${response.status}: ${reason(text)}`);
}

// --- internal ---

async function request(url: string, body: unknown): Promise<Response> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    return await fetch(url, body === undefined ? {} : post);
  } catch (cause) {
    throw new Error(`Nobody answers at ${new URL(url).origin}.`, { cause });
  }
}

function reason(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

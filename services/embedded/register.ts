/** Makes the services of an endpoint known to the server, in place of what it knew by that address. */
export async function registerEndpoint(adminUrl: string, endpointUrl: string): Promise<void> {
  const response = await post(`${adminUrl}/deployments`, { uri: endpointUrl, force: true });
  if (response.ok) return;
  const answer = await response.text();
  throw new Error(`Restate could not register ${endpointUrl}: ${reason(answer)}`);
}

// --- internal ---

async function post(url: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw new Error(`Restate's admin API does not answer at ${new URL(url).origin}.`, { cause });
  }
}

function reason(answer: string): string {
  if (answer.includes("401 Unauthorized")) {
    return "the endpoint trusts another server's identity key (401).";
  }
  try {
    const { message } = JSON.parse(answer) as { message?: string };
    return message ?? answer;
  } catch {
    return answer;
  }
}

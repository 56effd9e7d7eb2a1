/** What the server's admin API knows. */
export function adminClient(adminUrl: string) {
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const response = await fetch(`${adminUrl}/query`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: sql }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return ((await response.json()) as { rows: Record<string, unknown>[] }).rows;
  };

  return {
    query,

    /** Invocations that have work to do; ended ones that are kept, and a job's clocks, have none. */
    invocations: () =>
      query(
        `select target, status, retry_count, last_failure from sys_invocation
         where status <> 'completed' and target_handler_name not in ('expire', 'timer')`,
      ),

    /** Resolves when the server has taken it. */
    cancel: async (invocationId: string): Promise<void> => {
      const path = `invocations/${invocationId}/cancel`;
      const response = await fetch(`${adminUrl}/${path}`, { method: "PATCH" });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    },

    services: async (): Promise<Service[]> => {
      const response = await fetch(`${adminUrl}/services`);
      return ((await response.json()) as { services: Service[] }).services;
    },
  };
}

export interface Service {
  readonly name: string;
  readonly ty: string;
  readonly public: boolean;
  readonly handlers: readonly { readonly name: string; readonly public: boolean }[];
}

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

  const patch = async (path: string): Promise<void> => {
    const response = await fetch(`${adminUrl}/${path}`, { method: "PATCH" });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  };

  return {
    query,

    /** Invocations that have work to do; ended ones that are kept, and a job's clocks, have none. */
    invocations: () =>
      query(
        `select target, status, retry_count, last_failure from sys_invocation
         where status <> 'completed' and target_handler_name not in ('expire', 'timer')`,
      ),

    /** Ends the invocations of a handler, as an operator's hand would; the answer says how many. */
    kill: async (target: string): Promise<number> => {
      const found = await query(`select id from sys_invocation where target = '${target}'`);
      for (const { id } of found) await patch(`invocations/${String(id)}/kill`);
      return found.length;
    },

    /** Resolves when the server has taken it. */
    cancel: (invocationId: string) => patch(`invocations/${invocationId}/cancel`),

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

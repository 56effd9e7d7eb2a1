import { DatabaseSync } from "node:sqlite";
import type { EnrichedUser } from "./record.ts";

export interface UserRow {
  /** who brought it, and from which line of the file */
  readonly job: string;
  readonly line: number;
  readonly user: EnrichedUser;
}

export interface UserDatabase {
  /** Resolves when the row is on the disk. */
  readonly store: (row: UserRow) => Promise<void>;
}

/**
 * Opens a database of users for writing, until the process exits.
 *
 * A user who is there already is replaced. Of two records of the same job the later line wins, whichever
 * is stored first: what is in the database afterwards does not depend on which task was faster.
 */
export function openUserDatabase(file: string): UserDatabase {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  process.once("exit", () => database.close());
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS users (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      email TEXT NOT NULL,
      country TEXT NOT NULL,
      signed_up TEXT NOT NULL,
      country_name TEXT NOT NULL,
      domain TEXT NOT NULL,
      cohort TEXT NOT NULL,
      job TEXT NOT NULL,
      line INTEGER NOT NULL
    )`);
  const insert = database.prepare(`
    INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      name = excluded.name, email = excluded.email, country = excluded.country,
      signed_up = excluded.signed_up, country_name = excluded.country_name,
      domain = excluded.domain, cohort = excluded.cohort, job = excluded.job, line = excluded.line
    WHERE users.job <> excluded.job OR users.line <= excluded.line`);

  let waiting: Waiting[] = [];
  /** One transaction for all rows that came in the same turn: the disk is waited for once. */
  const flush = () => {
    const rows = waiting;
    waiting = [];
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const { row } of rows) insert.run(...columns(row));
      database.exec("COMMIT");
      for (const { resolve } of rows) resolve();
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      for (const { reject } of rows) reject(error);
    }
  };

  return {
    store: (row) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ row, resolve, reject });
      return promise;
    },
  };
}

// --- internal ---

interface Waiting {
  readonly row: UserRow;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function columns({ job, line, user }: UserRow) {
  const { id, name, email, country, signedUp, countryName, domain, cohort } = user;
  return [id, name, email, country, signedUp, countryName, domain, cohort, job, line];
}

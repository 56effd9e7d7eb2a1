import { DatabaseSync } from "node:sqlite";
import { Recipient } from "./recipient.ts";

/** Writes a SQLite database with one target list of `count` recipients. */
export function buildRecipientDatabase(
  file: string,
  { targetList, count }: { targetList: number; count: number },
): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      CREATE TABLE recipients (
        target_list INTEGER NOT NULL,
        id INTEGER NOT NULL,
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        PRIMARY KEY (target_list, id)
      ) WITHOUT ROWID;
      BEGIN`);
    const insert = database.prepare("INSERT INTO recipients VALUES (?, ?, ?, ?)");
    for (let id = 1; id <= count; id += 1) {
      const name = nameOf(id);
      insert.run(targetList, id, name, `${name.toLowerCase().replace(" ", ".")}.${id}@example.com`);
    }
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** Opens a database of recipients for reading, until the process exits. */
export function recipientPages(
  file: string,
): (page: { targetList: number; page: number; perPage: number }) => Recipient[] {
  const database = new DatabaseSync(file, { readOnly: true });
  process.once("exit", () => database.close());
  // A page is a span of ids: pages never overlap, and the last costs as little as the first.
  const select = database.prepare(`
    SELECT id, name, email FROM recipients
    WHERE target_list = ? AND id > ? AND id <= ?
    ORDER BY id`);
  return ({ targetList, page, perPage }) =>
    Recipient.array().parse(select.all(targetList, (page - 1) * perPage, page * perPage));
}

// --- internal ---

const firstNames = [
  "Ada",
  "Alan",
  "Barbara",
  "Edsger",
  "Frances",
  "Grace",
  "Ken",
  "Leslie",
  "Tony",
];
const lastNames = [
  "Allen",
  "Hamilton",
  "Hoare",
  "Hopper",
  "Lamport",
  "Liskov",
  "Perlman",
  "Turing",
];

function nameOf(id: number): string {
  return `${firstNames[id % firstNames.length]} ${lastNames[id % lastNames.length]}`;
}

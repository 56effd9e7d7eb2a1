// Runs in a thread of its own: takes every mail, keeps none, counts.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import { SMTPServer } from "smtp-server";

/** What was received so far. */
export interface MailCounts {
  readonly mails: number;
  /** distinct addresses */
  readonly recipients: number;
}

let mails = 0;
const recipients = new Set<string>();

const server = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onMailFrom: (_address, _session, callback) => callback(),
  onRcptTo: (_address, _session, callback) => callback(),
  onData: (stream, session, callback) => {
    stream.resume();
    stream.once("end", () => {
      mails += 1;
      for (const { address } of session.envelope.rcptTo) recipients.add(address);
      callback();
    });
  },
});
// A client that goes away in the middle of a mail is no concern of the others.
server.on("error", () => undefined);

const listener = server.listen(0, "127.0.0.1");
await once(listener, "listening");
parentPort?.on("message", () => {
  parentPort?.postMessage({ mails, recipients: recipients.size } satisfies MailCounts);
});
parentPort?.postMessage((listener.address() as AddressInfo).port);

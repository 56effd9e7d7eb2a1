import SMTPConnection from "nodemailer/lib/smtp-connection";

/** One mail to one recipient; `message` has its headers and its text. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

/**
 * Sends mails over at most `size` connections to one SMTP server. They are opened when needed and kept.
 *
 * Nodemailer's own pool makes a tree and five streams of every mail, four times the work of sending it.
 */
export class MailPool {
  readonly #server: { readonly host: string; readonly port: number };
  readonly #idle: SMTPConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(url: string, { size = 50 }: { size?: number } = {}) {
    const { protocol, hostname, port } = new URL(url);
    if (protocol !== "smtp:") throw new TypeError(`expected smtp://host:port, got "${url}"`);
    this.#server = { host: hostname, port: Number(port) || 25 };
    this.#free = size;
  }

  /** Resolves when the server has taken the mail. */
  async send(mail: Mail, signal: AbortSignal): Promise<void> {
    await this.#turn(signal);
    try {
      const connection = this.#takeIdle() ?? (await connect(this.#server));
      await deliver(connection, mail, signal);
      this.#idle.push(connection);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  // --- internal ---

  #turn(signal: AbortSignal): Promise<void> | undefined {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(signal.reason as Error);
      };
      const proceed = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      this.#waiting.push(proceed);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #takeIdle(): SMTPConnection | undefined {
    let connection = this.#idle.pop();
    // The server may have closed it meanwhile.
    while (connection?.destroyed) connection = this.#idle.pop();
    return connection;
  }
}

// --- internal ---

const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 60_000 };

function connect(server: { host: string; port: number }): Promise<SMTPConnection> {
  const connection = new SMTPConnection({ ...server, ...timeouts, secure: false });
  return new Promise((resolve, reject) => {
    // Stays for the connection's life: without a listener an error would end the process.
    connection.on("error", reject);
    connection.connect((error) => (error ? reject(error) : resolve(connection)));
  });
}

/** A connection that failed is closed: what the server still thinks of it is not known. */
async function deliver(
  connection: SMTPConnection,
  { from, to, message }: Mail,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    connection.send({ from, to: [to], use8BitMime: true }, message, (error) =>
      error ? reject(error) : resolve(),
    );
    await promise;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

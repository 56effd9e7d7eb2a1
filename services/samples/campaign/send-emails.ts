import { z } from "zod";
import { action, TerminalError } from "../../actions.ts";
import { MailPool } from "./mail-pool.ts";
import { Recipient } from "./recipient.ts";
import { setting } from "../setting.ts";

let mails: MailPool | undefined;

/** Sends a campaign's mail to one recipient. A task that runs again sends the same message id again. */
export const sendEmails = action({
  name: "send_emails",
  input: z.object({ campaign: z.int(), item: Recipient }),
  output: z.object({ messageId: z.string() }),
  run: async (task, { signal }) => {
    const { campaign, item: recipient } = task.input;
    const messageId = messageIdOf(task.taskId);
    mails ??= new MailPool(setting("FANFOLD_SMTP_URL"));
    try {
      await mails.send(
        {
          from: sender,
          to: recipient.email,
          message: messageOf(campaign, recipient, messageId),
        },
        signal,
      );
    } catch (error) {
      if (isRefusal(error)) {
        throw new TerminalError(error.message, { code: "MAIL_REFUSED", cause: error });
      }
      throw error;
    }
    return { messageId };
  },
});

// --- internal ---

const domain = "fanfold.example";
const sender = `campaigns@${domain}`;

/** The task's id, in the characters that a message id may have. */
function messageIdOf(taskId: string): string {
  return `${taskId.replaceAll(":", "%3A")}@${domain}`;
}

function messageOf(campaign: number, { name, email }: Recipient, messageId: string): string {
  return [
    `From: Fanfold <${sender}>`,
    `To: ${email}`,
    `Subject: Campaign ${campaign}`,
    `Message-ID: <${messageId}>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    `Hello ${name}, this is campaign ${campaign}.`,
    "",
  ].join("\r\n");
}

/** The server will never take this mail, so trying again is no use. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && "permanent" in error && error.permanent === true;
}

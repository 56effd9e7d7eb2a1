import { TerminalError } from "../actions.ts";

/** An environment variable of a sample; a task that lacks it fails for good and says so. */
export function setting(variable: Setting): string {
  const value = process.env[variable];
  if (value) return value;
  throw new TerminalError(`This sample needs ${variable}, see ${guides[variable]}.`, {
    code: "NOT_CONFIGURED",
  });
}

// --- internal ---

type Setting = keyof typeof guides;

const guides = {
  FANFOLD_CAMPAIGN_DB: "npm run demo",
  FANFOLD_SMTP_URL: "npm run demo",
  FANFOLD_RECORDS_DB: "docs/guides/records.md",
  FANFOLD_IMAGES_DIR: "docs/guides/thumbnails.md",
} as const;

import { TerminalError } from "../../actions.ts";

/** An environment variable of the campaign; a task that lacks it fails for good and says so. */
export function setting(variable: "FANFOLD_CAMPAIGN_DB" | "FANFOLD_SMTP_URL"): string {
  const value = process.env[variable];
  if (value) return value;
  throw new TerminalError(`The campaign needs ${variable}, see npm run demo.`, {
    code: "NOT_CONFIGURED",
  });
}

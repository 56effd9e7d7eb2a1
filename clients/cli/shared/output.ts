/** Data: what the command was asked for. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Talk: everything beside. */
export function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

import { text } from 'node:stream/consumers';

/** Where a command runs: its environment, its streams. Tests give their own. */
export interface Console {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A person is there who can answer. */
  readonly isInteractive: boolean;
  /** The result, on standard output. */
  out(text: string): void;
  /** Progress and remarks, on standard error, so that output can be piped. */
  say(text: string): void;
  /** All of standard input. */
  input(): Promise<string>;
}

/** The terminal that the command was typed in. */
export function processConsole(): Console {
  return {
    environment: process.env,
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    out: (line) => void process.stdout.write(`${line}\n`),
    say: (line) => void process.stderr.write(`${line}\n`),
    input: () => text(process.stdin),
  };
}

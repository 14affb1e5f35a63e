import type { Log } from '../functions/core/ports.ts';

/** What is worth a line in the terminal of somebody who watches; everything else is on the card. */
const SHOWN: Readonly<Record<string, (fields: Readonly<Record<string, unknown>>) => string>> = {
  target: ({ target, why }) => `${target}: ${why}`,
  decision: ({ kind, user, reason }) => `${user} asked to ${kind}: ${reason}`,
  command: ({ host, answer }) => `command to ${host}: ${answer}`,
  run: ({ run, endings }) => `${run} ended: ${String(endings)}`,
  page: ({ target, why }) => `${target}: paged (${why})`,
};

export interface TerminalLog extends Log {
  /** Errors so far, one line each. */
  readonly errors: readonly string[];
}

/** A line for a person instead of JSON; errors always, and they are kept. */
export function terminalLog(say: (line: string) => void): TerminalLog {
  const errors: string[] = [];
  return {
    errors,
    info: (event, fields) => {
      // Runbell's own looks at the configuration are nobody's doing.
      if (String(fields['run']).startsWith('beside-')) return;
      const line = SHOWN[event]?.(fields);
      if (line !== undefined) say(line);
    },
    error: (event, fields) => {
      const line = `${event} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))}`;
      errors.push(line);
      say(`problem: ${line}`);
    },
  };
}

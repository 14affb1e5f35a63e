import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { STORIES } from '../../local/drill/stories/stories.ts';

interface Told {
  readonly code: number | null;
  readonly report: {
    readonly isRight?: boolean;
    readonly findings?: readonly { readonly what: string; readonly isRight: boolean; readonly saw: unknown }[];
  };
  readonly said: string;
}

async function tell(name: string): Promise<Told> {
  const args = ['run', '-s', 'drill', '--', '--story', name, '--json', '--database', 'embedded'];
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, report: JSON.parse(out.trim().split('\n').at(-1) || '{}'), said };
}

/** Each is a process with a table, a channel and a database of its own, and mostly waits: so some at a time. */
const AT_ONCE = 2;
const names = [...STORIES.keys()];
const lanes = Array.from({ length: AT_ONCE }, () => Promise.resolve<unknown>(null));
const told = new Map<string, Promise<Told>>();

function toldInTurn(name: string): Promise<Told> {
  if (told.size === 0) {
    for (const [at, each] of names.entries()) {
      const before = lanes[at % AT_ONCE] ?? Promise.resolve();
      const mine = before.then(() => tell(each));
      told.set(each, mine);
      lanes[at % AT_ONCE] = mine.catch(() => null);
    }
  }
  return told.get(name) ?? Promise.reject(new Error(`there is no story ${name}`));
}

describe('the stories of the drill', () => {
  it.each(names)('%s: everybody sees what they should', async (name) => {
    const { code, report, said } = await toldInTurn(name);
    const wrong = report.findings?.filter(({ isRight }) => !isRight);
    expect(wrong, said).toEqual([]);
    expect(report.findings?.length).toBeGreaterThan(5);
    expect(code).toBe(0);
  });
});

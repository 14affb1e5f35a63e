import { appendFileSync } from 'node:fs';
import { describe } from 'vitest';
import { whyNoLaravel } from '../../local/demo/laravel-application.ts';
import { needs } from '../support/needs.ts';

/** `describe` where a Laravel host can be brought up; elsewhere one line says what was skipped. */
export function describeOnLaravel(what: string, body: () => void): void {
  const why = whyNoLaravel();
  const possible = needs('php', what) === describe && needs('mariadb', what) === describe;
  if (possible && why === null) return void describe(what, body);
  const file = process.env['RUNBELL_SKIP_FILE'];
  if (why !== null && process.env['CI'] === 'true') throw new Error(`skipped: ${what} because ${why}`);
  if (possible && file !== undefined && file !== '') appendFileSync(file, `skipped: ${what} because ${why}\n`);
  describe.skip(what, body);
}

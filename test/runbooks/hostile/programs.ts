import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../../../lib/runbook-catalogue.ts';
import { RUNBOOKS } from '../support/deliver.ts';

const SYSTEM = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Programs that speak for the application. */
const OWN = ['node', 'php', 'php-fpm', 'health', 'clear-pages'];

/** Every word of the delivered scripts that this host has a program of: what a script begins to use is there by itself. */
export function plantedPrograms(): readonly string[] {
  const words = new Set<string>();
  for (const { script } of loadCatalogue('runbell', RUNBOOKS)) {
    for (const [word] of script.matchAll(/[a-z][a-z0-9_.+-]*/g)) words.add(word);
  }
  return [...new Set([...OWN, ...[...words].filter(isProgram)])];
}

/** What the system has and no user may put something before. */
export function isOfSystem(name: string): boolean {
  return !OWN.includes(name) && isProgram(name);
}

function isProgram(name: string): boolean {
  return SYSTEM.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

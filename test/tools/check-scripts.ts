/** Part of `npm run check`: no script lets bash count with, or run, a text that nobody has read. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findUnreadText } from './unread-text/find-unread-text.ts';

const runbooks = join(import.meta.dirname, '..', '..', 'runbooks');
const folders = readdirSync(runbooks, { withFileTypes: true }).filter((one) => one.isDirectory() && one.name !== 'lib');
const findings = new Set(folders.flatMap(({ name }) => findUnreadText(runbooks, name)));
for (const finding of [...findings].sort()) console.log(finding);
console.log(`${folders.length} scripts with their library: ${findings.size} places`);
process.exitCode = findings.size === 0 ? 0 : 1;

/** `node test/hosts/down.ts <directory>`: takes down what up.ts brought up. Without a directory: every one of them. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { clearAway } from './laravel-host.ts';

const PREFIX = 'runbell-host-';
const given = process.argv.slice(2);
const all = readdirSync(tmpdir())
  .filter((name) => name.startsWith(PREFIX))
  .map((name) => join(tmpdir(), name));
const wrong = given.filter((dir) => !basename(dir).startsWith(PREFIX));
if (wrong.length > 0) {
  console.error(`${wrong.join(', ')}: not a directory of up.ts; nothing was taken down`);
  process.exit(1);
}
const dirs = given.length > 0 ? given : all;
for (const dir of dirs) await clearAway(dir);
console.log(dirs.length === 0 ? 'There was nothing to take down.' : `Taken down: ${dirs.join(', ')}`);

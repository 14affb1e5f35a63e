import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from './answers.ts';
import type { Place } from './place.ts';
import { plantedPrograms } from './programs.ts';

/** Names of files. They have no slash, so what would run in them makes its file where it stands. */
const NAMES = ['-rf', 'a\nb', '$(touch owned)', 'x[$(touch owned)]', '`touch owned`', '*', '\u001b[2J'];

/** A program for every name that a script uses, and what those that speak for the application say. */
export function plantPrograms(place: Place, texts: readonly string[], nth: number): void {
  for (const name of ['plant.sh', 'worker.sh']) {
    place.put(`attacker/${name}`, readFileSync(join(import.meta.dirname, name)), 0o755);
  }
  for (const [folder, said] of [['honest', []] as const, ['lying', texts] as const]) {
    const { files, queries } = answers(place.app, said, nth);
    place.put('attacker/queries', queries);
    for (const [name, text] of Object.entries(files)) place.put(`attacker/${folder}/${name}`, text);
  }
  place.put('attacker/restarts', '0\n');
  for (const name of plantedPrograms()) place.link(`attacker/bin/${name}`, '../plant.sh');
  place.put('attacker/bin/pm2', '#!/usr/bin/env node\n', 0o755);
  const words = ['php', 'artisan', 'queue:work', '--timeout=08', '--max-jobs=5', plain(texts[0])];
  place.put('attacker/words', words.map((word) => `${word}\0`).join(''));
}

/** An application, as far as a script looks at one, with a payload wherever a text can stand. */
export function plantApplication(place: Place, texts: readonly string[], command: string): void {
  const text = texts[0] ?? 'other';
  const line = `[2026-05-04 01:02:03] production.ERROR: ${text} SQLSTATE[${text}]\n`;
  const files: Readonly<Record<string, string>> = {
    '.env': `QUEUE_CONNECTION=${text}\nAPP_KEY=${text}\nexport A=$(${command})\n`,
    'settings.json': '{"pool": 5}\n',
    'ecosystem.config.js': 'module.exports = { apps: [{ name: "worker", script: "a.js" }] };\n',
    artisan: '#!/usr/bin/env php\n',
    'bootstrap/app.php': '<?php\n',
    'bootstrap/cache/config.php': '<?php return [];\n',
    'vendor/autoload.php': '<?php\n',
    'config/database.php': `<?php\nreturn [\n    '${text}' => 5,\n    'pool' => 5,\n];\n`,
    'storage/logs/laravel.log': line,
  };
  for (const [path, content] of Object.entries(files)) place.put(`home/app/${path}`, content);
  for (const name of NAMES) {
    for (const folder of ['app', 'config']) {
      place.put(`home/app/${folder}/${name}.php`, 'function __destruct() { disconnect(); }\n');
    }
    place.put(`home/app/storage/logs/laravel-${name}.log`, line);
  }
  place.put('home/.pm2/logs/worker-error.log', `Error: ${text}\n`);
  place.link('home/app/.runbell-staged', place.etc);
}

/** As a title, a word or a value of a process can be. */
export function plain(text = 'other'): string {
  return text.replaceAll('\0', '');
}

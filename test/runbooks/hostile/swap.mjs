// Puts other things into the place of one name and the thing itself back, for as long as it lives. What is put there lies
// beside it: NAME.0, NAME.1, … Says how often, now and then.
import { lstatSync, renameSync, writeFileSync } from 'node:fs';

const PAUSE_MS_MAX = 4;
const [name = '', counter = ''] = process.argv.slice(2);
const others = [0, 1, 2, 3, 4].map((at) => `${name}.${at}`);
const there = others.filter((other) => lstatSync(other, { throwIfNoEntry: false }) !== undefined);
const cell = new Int32Array(new SharedArrayBuffer(4));
const pause = () => Atomics.wait(cell, 0, 0, Math.random() * PAUSE_MS_MAX);

/** A runbook may have moved something else meanwhile. */
function moved(/** @type {string} */ from, /** @type {string} */ to) {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

for (let swaps = 0; ; swaps += 1) {
  const other = there[swaps % there.length] ?? '';
  if (moved(name, `${name}.own`)) {
    if (moved(other, name)) {
      pause();
      moved(name, other);
    }
    moved(`${name}.own`, name);
  }
  pause();
  if (swaps % 20 === 0) writeFileSync(counter, String(swaps));
}

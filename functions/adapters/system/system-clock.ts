import { randomInt } from 'node:crypto';
import type { Clock, Ids } from '../../core/ports.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LETTERS_IN_ID = 10;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};

export const randomIds: Ids = {
  newId: (prefix) => {
    const letters = Array.from({ length: LETTERS_IN_ID }, () => LETTERS[randomInt(LETTERS.length)]);
    return `${prefix}-${letters.join('')}`;
  },
};

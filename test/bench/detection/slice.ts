import { createHash } from 'node:crypto';
import type { Trace } from './generator.cjs';

/**
 * Public traces, and some of the hardest, that run with every test, with a hash of their samples: a change of the
 * generator that alters a trace shows here before it makes two scores incomparable.
 */
export const SLICE: Readonly<Record<string, string>> = {
  'public/h-batch/8': '1694d7ac4bfcaf42',
  'public/h-burst/13': '325bf8d92af49634',
  'public/h-sawtooth/3': '989700a43c5992a7',
  'public/h-nightidle/8': '1d0862814e03fbf5',
  'public/l-slow/0': 'b438fd103afa6678',
  'public/l-medium/10': 'be10ff277258a8dc',
  'public/l-fast/5': '4eeea38e0c403b55',
  'public/l-diurnal/10': 'f945f57c00edcd20',
  'public/l-traffic/4': 'c94863afee9ea7ce',
  'public/l-stair/5': '5f6d9a4e4ce902be',
  'public/l-masked/4': '14f6ef56829ec10e',
  'public/l-storm/2': '69841c7a8e37cbd1',
  'public/l-accel/6': 'af1cfc7a15945854',
  'public/l-keepalive/5': 'ba3e091ecf35520f',
  'public/b-bounded/6': '2307a34b68d0fdac',
  'public/s-saturation/7': '9d274800e8c394eb',
  'public/h-coldstart/18': '181326338b399dd9',
  'public/h-rollout/5': '99a70b8154e5c53e',
  'public/h-longidle/9': '556f67158db187a3',
  'wide/l-accel/0': '8fb12f2b52b7ab8f',
  'wide/l-accel/8': 'fce9b4e69c4fe6b0',
  'wide/l-rough/46': '06dd00103ab17080',
  'wide/l-keepalive/3': '1620bb7eafacd98b',
};

export function hashOfTrace({ samples }: Trace): string {
  const hash = createHash('sha256');
  for (const { ts, connected, running, max, sleep, uptime, wait_timeout } of samples) {
    hash.update(`${ts},${connected},${running},${max},${sleep.join()},${uptime},${wait_timeout}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

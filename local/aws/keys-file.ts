import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AwsPlace } from '../../functions/wiring.ts';
import { writePrivate } from '../private-folder.ts';

const FILE = 'aws.env';
const NAMES = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

/** What a program needs to reach this loop as AWS: only the user who started it can read it. */
export type KeysEnvironment = Readonly<Record<(typeof NAMES)[number], string>>;

export function environmentOf({ endpoint, region, credentials }: AwsPlace): KeysEnvironment {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

/** In the form that a shell and `node --env-file` read. */
export function writeKeys(dir: string, place: AwsPlace): void {
  const lines = Object.entries(environmentOf(place)).map(([name, value]) => `${name}=${value}\n`);
  writePrivate(join(dir, FILE), lines.join(''));
}

/** The keys in a session's folder; null: there are none, or only a part of them. */
export function readKeys(dir: string): KeysEnvironment | null {
  try {
    const lines = readFileSync(join(dir, FILE), 'utf8').split('\n');
    return completeKeys(Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2))));
  } catch {
    return null;
  }
}

/** The same out of an environment into which somebody has read that file. */
export function completeKeys(environment: Readonly<Record<string, string | undefined>>): KeysEnvironment | null {
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environment;
  if (!AWS_ENDPOINT_URL || !AWS_REGION || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return null;
  return { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
}

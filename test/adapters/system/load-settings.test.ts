import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../functions/adapters/system/load-settings.ts';

describe('the settings beside a bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runbell-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const store = (value: unknown) => writeFileSync(join(folder, 'settings.json'), JSON.stringify(value));
  const valid = { schema: 1, version: '1.2.3', config: { targets: [] }, catalogue: [] };

  it('are what was stored', () => {
    store(valid);
    expect(loadSettings(folder)).toEqual(valid);
  });

  it('say where they should have been when they are missing or no JSON', () => {
    expect(() => loadSettings(folder)).toThrow(join(folder, 'settings.json'));
    writeFileSync(join(folder, 'settings.json'), '{');
    expect(() => loadSettings(folder)).toThrow('cannot be read: deploy the stack again');
  });

  it.each([
    ['another schema', { ...valid, schema: 2 }],
    ['no version', { ...valid, version: undefined }],
    ['no configuration', { ...valid, config: null }],
    ['no targets', { ...valid, config: {} }],
    ['no catalogue', { ...valid, catalogue: {} }],
    ['no object', []],
  ])('are refused with %s', (_name, value) => {
    store(value);
    expect(() => loadSettings(folder)).toThrow('not the settings of this version of Runbell');
  });
});

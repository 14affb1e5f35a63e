import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newPrivateFolder, privateFolder, writePrivate } from '../../local/private-folder.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const modeOf = (path: string) => statSync(path).mode & 0o777;

let dir = '';
let umask = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-private-'));
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  rmSync(dir, { recursive: true, force: true });
});

describe('a private folder', () => {
  it.each([0o000, 0o022, 0o077])('is this user’s alone from the start, whatever the umask (%o)', (mask) => {
    process.umask(mask);
    const made = privateFolder(join(dir, 'one', 'two'));
    const fresh = newPrivateFolder(join(dir, 'fresh-'));
    writePrivate(join(made, 'keys'), 'x');
    expect([join(dir, 'one'), made, fresh].map(modeOf)).toEqual([0o700, 0o700, 0o700]);
    expect(modeOf(join(made, 'keys'))).toBe(0o600);
  });

  it('may be there already', () => {
    mkdirSync(join(dir, 'state'), { mode: 0o700 });
    expect(privateFolder(`${join(dir, 'state')}/`)).toBe(join(dir, 'state'));
  });

  it.each([0o755, 0o750, 0o701, 0o770, 0o777])(
    'is refused when others can enter it (%o), and stays as it is',
    (mode) => {
      mkdirSync(join(dir, 'state'));
      chmodSync(join(dir, 'state'), mode);
      expect(() => privateFolder(join(dir, 'state'))).toThrow(
        new RegExp(`state is open to others \\(mode ${mode.toString(8)}\\): .*chmod 700.* Nothing was started`),
      );
      expect(modeOf(join(dir, 'state'))).toBe(mode);
    },
  );

  it.each(['link', 'link/'])('is refused when it is a link (%s), also to a private one', (name) => {
    mkdirSync(join(dir, 'state'), { mode: 0o700 });
    symlinkSync(join(dir, 'state'), join(dir, 'link'));
    expect(() => privateFolder(`${dir}/${name}`)).toThrow('is a symbolic link: name the folder itself');
  });

  it('is refused when it is a link to nothing, which is not made', () => {
    symlinkSync(join(dir, 'nowhere'), join(dir, 'link'));
    expect(() => privateFolder(join(dir, 'link'))).toThrow();
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  });

  it('is refused when it is a file', () => {
    writeFileSync(join(dir, 'state'), '');
    expect(() => privateFolder(join(dir, 'state'))).toThrow();
  });

  it.skipIf(!isRoot)('is refused when it belongs to somebody else', () => {
    mkdirSync(join(dir, 'state'), { mode: 0o700 });
    chownSync(join(dir, 'state'), NOBODY, NOBODY);
    expect(() => privateFolder(join(dir, 'state'))).toThrow(`belongs to another user (${NOBODY})`);
  });

  it('is refused where everybody can put another one in its place', () => {
    mkdirSync(join(dir, 'open'));
    chmodSync(join(dir, 'open'), 0o777);
    expect(() => privateFolder(join(dir, 'open', 'state'))).toThrow(/Everybody may replace what is in .*open/);
    expect(() => newPrivateFolder(join(dir, 'open', 'fresh-'))).toThrow(/Everybody may replace/);
    chmodSync(join(dir, 'open'), 0o1777);
    expect(modeOf(privateFolder(join(dir, 'open', 'state')))).toBe(0o700);
  });
});

it('a private file is never written into one that is there, or through a link', () => {
  writeFileSync(join(dir, 'planted'), 'old');
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'link'));
  expect(() => writePrivate(join(dir, 'planted'), 'x')).toThrow('EEXIST');
  expect(() => writePrivate(join(dir, 'link'), 'x')).toThrow('EEXIST');
  expect(readFileSync(join(dir, 'planted'), 'utf8')).toBe('old');
});

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { demoOwner, type Owner } from '../../../local/demo/demo-application.ts';

/** A folder of root's with what the attacker has in it. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'runbell-hostile-'));
  readonly owner: Owner = demoOwner();
  readonly app = join(this.dir, 'home', 'app');
  readonly pm2Home = join(this.dir, 'home', '.pm2');
  readonly attacker = join(this.dir, 'attacker');
  /** The owner of what lies here is whoever made it. */
  readonly canaries = join(this.attacker, 'canaries');
  /** Root's alone, and no link may lead a script here. */
  readonly etc = join(this.dir, 'etc');

  constructor() {
    chmodSync(this.dir, 0o755);
    mkdirSync(join(this.etc, 'cron.d'), { recursive: true, mode: 0o755 });
    writeFileSync(join(this.etc, 'shadow'), `${SECRET}\n`, { mode: 0o600 });
    chmodSync(this.folder('attacker/canaries'), 0o1777);
  }

  /** A file of the attacker's. */
  put(path: string, text: string | Buffer, mode = 0o644): string {
    this.folder(dirname(path));
    const file = join(this.dir, path);
    writeFileSync(file, text);
    chmodSync(file, mode);
    chownSync(file, this.owner.uid, this.owner.gid);
    return file;
  }

  folder(path: string): string {
    const folder = join(this.dir, path);
    const first = mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made)) {
      chownSync(made, this.owner.uid, this.owner.gid);
    }
    return folder;
  }

  link(path: string, to: string): void {
    this.folder(dirname(path));
    const file = join(this.dir, path);
    symlinkSync(to, file);
    lchownSync(file, this.owner.uid, this.owner.gid);
  }

  /** By the attacker himself, where a name may lead elsewhere meanwhile. */
  byUser(command: string): void {
    const { uid, gid } = this.owner;
    execFileSync('/bin/sh', ['-c', command], { cwd: '/', uid, gid, stdio: 'ignore' });
  }
}

export const SECRET = 'test-secret-of-root';

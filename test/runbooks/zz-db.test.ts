import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { type Lie, openLyingDatabase } from './hostile/database.ts';
import { HostileHost } from './hostile/host.ts';
import { problemsOf } from './hostile/judge.ts';
import { PAYLOADS } from './hostile/payloads.ts';

const E = process.env;
for (const id of ['end-idle-connections', 'diagnose'])
  for (const lie of (E.LIE ?? 'rows,refusal,endless,silent,file,clear').split(','))
    for (const payload of lie === 'rows' || lie === 'refusal' ? PAYLOADS : PAYLOADS.slice(0, 1))
      it.concurrent(`${id} ${lie} ${payload.name}`, async () => {
        const host = await HostileHost.up({ kind: 'node', payload });
        const db = await openLyingDatabase(lie as Lie, payload.texts(host.command));
        try {
          const file = `${host.dir}/login.cnf`;
          writeFileSync(file, `[client]\nhost=127.0.0.1\nport=${db.port}\nuser=admin\npassword=test-password\n`, {
            mode: 0o600,
          });
          const ran = await host.run(id, 60, { SSM_LoginFile: file });
          console.log('@@', id, lie, payload.name, ran.ms | 0, ran.stdout.trim());
          for (const p of problemsOf(host, ran)) console.log('!!', id, lie, payload.name, '::', p.slice(0, 300));
          if (lie === 'file' || lie === 'clear') console.log('!!', id, lie, JSON.stringify(db.heard).slice(0, 600));
        } finally {
          await db.close();
          await host.close();
        }
      }, 100000);

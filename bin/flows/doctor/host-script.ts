import type { ApplicationConfig } from '../../../functions/core/config/config.ts';

/** A path or a name as one word of bash, whatever is in it. */
function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Looks at one host from inside, as root, and changes nothing: one fact a line, `name=value`. Read back by
 * `readHostFacts`. Names and paths are those of the configuration, and of what was found no content is told.
 */
export function hostScript({ user, directory, pm2, ecosystemFile }: ApplicationConfig): string {
  return `set -u
user=${word(user)} directory=${word(directory)} home=${word(pm2.home)} ecosystem=${word(ecosystemFile ?? '')}
echo "clock=$(date +%s)"
if id -u -- "$user" >/dev/null 2>&1; then echo user=yes; else echo user=no; fi
as_user() { if [ "$(id -un)" = "$user" ]; then "$@"; else runuser -u "$user" -- "$@"; fi; }
may() { as_user test "$1" "$2" 2>/dev/null && echo yes || echo no; }
if [ -d "$directory" ]; then
  echo "directory=$(stat -Lc %U -- "$directory")"
  echo "directoryReadable=$(may -r "$directory"),$(may -x "$directory")"
else echo directory=; fi
if [ -n "$ecosystem" ]; then echo "ecosystem=$(may -r "$ecosystem")"; fi
ps -ww -eo user:64=,args= | sed -n 's/^\\([^ ]*\\) *PM2 v[^ ]* *God Daemon (\\([^)]*\\)).*/daemon=\\1 \\2/p' | head -n 10
if [ -d "$home" ]; then echo "home=$(stat -Lc %U -- "$home")"; else echo home=; fi
for tool in bash timeout flock runuser; do command -v "$tool" >/dev/null 2>&1 || echo "missing=$tool"; done
`;
}

/** What the script saw. */
export interface HostFacts {
  /** Epoch seconds by the host's clock. */
  readonly clockSeconds: number | null;
  readonly hasUser: boolean;
  /** Who owns it; null: it is not there. */
  readonly directoryOwner: string | null;
  readonly isDirectoryReadable: boolean;
  /** null: none is configured. */
  readonly isEcosystemReadable: boolean | null;
  readonly homeOwner: string | null;
  readonly daemons: readonly { readonly user: string; readonly home: string }[];
  readonly missing: readonly string[];
}

export function readHostFacts(output: string): HostFacts {
  const lines = output.split('\n').map((line) => /^(\w+)=(.*)$/.exec(line));
  const all = (name: string) => lines.flatMap((line) => (line?.[1] === name ? [line[2] ?? ''] : []));
  const one = (name: string) => all(name)[0] ?? null;
  const clock = Number(one('clock') ?? Number.NaN);
  return {
    clockSeconds: Number.isFinite(clock) ? clock : null,
    hasUser: one('user') === 'yes',
    directoryOwner: one('directory') || null,
    isDirectoryReadable: one('directoryReadable') === 'yes,yes',
    isEcosystemReadable: one('ecosystem') === null ? null : one('ecosystem') === 'yes',
    homeOwner: one('home') || null,
    daemons: all('daemon').map((text) => {
      const [user = '', ...home] = text.split(' ');
      return { user, home: home.join(' ') };
    }),
    missing: all('missing'),
  };
}

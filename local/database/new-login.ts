import { randomBytes } from 'node:crypto';

/** An account with a password that nobody has to know. */
export function newLogin(user: string): Login {
  return { user, password: randomBytes(18).toString('base64url') };
}

export interface DatabaseOptions {
  /** `auto`: a real server when one is installed and starts, else the embedded stand-in. */
  readonly engine: 'auto' | 'server' | 'embedded';
  readonly maxConnections: number;
  /** An empty directory that the caller made and removes again. Handed over to `runAs` for a real server. */
  readonly dir: string;
  /** As root, who the server runs as. Default: the system's mysql user, else nobody. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** More settings for a real server, such as `--extra-port=3307`. */
  readonly serverArguments?: readonly string[];
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A database of one's own on loopback, for as long as somebody needs one. */
export interface RunningDatabase {
  readonly kind: 'mariadb' | 'mysql' | 'embedded';
  /** For people: "MariaDB", "MySQL" or "embedded stand-in". */
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly users: {
    /** PROCESS and nothing else, as the documentation asks for. */
    readonly monitor: Login;
    /** The demo application's. */
    readonly app: Login;
    /** May do everything; real servers only. */
    readonly admin?: Login;
  };
  /** Processes to end when this one was killed before it could; none for the embedded one. */
  readonly pids: readonly number[];
  readonly dir: string;
  /** Why it is not what was hoped for, such as an installed server that does not start. */
  readonly note: string | null;
  stop(): Promise<void>;
}

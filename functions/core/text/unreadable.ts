import type { TargetConfig } from '../config/config.ts';
import type { UnreadableCause } from '../model/sample.ts';

/** What the sentences may name. Never a password, and never the server's own text, which can quote data. */
export interface UnreadableContext {
  readonly target: TargetConfig;
  /** The port that was tried. */
  readonly port: number;
  /** The server's error number, or the driver's or system's code. */
  readonly code: string | null;
  /** For `secretUnavailable`: which credential failed and how, in our own words. */
  readonly why: string | null;
}

/** What happened, what it leaves open, and what to do next: one paragraph that a person can act on. */
export function unreadableSentence(cause: UnreadableCause, context: UnreadableContext): string {
  const { happened, next } = PARTS[cause](named(context));
  return `${happened}. Whether it is running out of connections is not known. ${next}.`;
}

interface Named {
  readonly at: string;
  readonly user: string;
  readonly account: string;
  readonly port: number;
  readonly code: string;
  readonly why: string;
  readonly target: TargetConfig;
}

interface Parts {
  readonly happened: string;
  readonly next: string;
}

function named({ target, port, code, why }: UnreadableContext): Named {
  const where = target.socketPath ?? `${target.host}:${port}`;
  return {
    at: `${target.id} (${where})`,
    user: target.user,
    account: `'${target.user}'@'<client address>'`,
    port,
    code: code === null ? '' : ` (error ${code})`,
    why: why ?? 'its credential could not be read',
    target,
  };
}

const PARTS: Readonly<Record<UnreadableCause, (n: Named) => Parts>> = {
  denied: (n) => ({
    happened: `${n.at} is up, and refused the login of ${n.user}${n.code}`,
    next:
      n.target.credential.kind === 'iam'
        ? `Check that the function's role allows rds-db:connect for ${n.user} on ${n.target.credential.resourceId} and that the account was made IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'`
        : `Check the password, that SHOW GRANTS FOR ${n.account} finds an account for this client, and, if account or server require encryption, that tls is not "off"`,
  }),
  hostNotAllowed: (n) => ({
    happened: `${n.at} is up, but no account may log in from this client's address${n.code}`,
    next: `Create the account for it: CREATE USER ${n.account} IDENTIFIED BY '<password>'; GRANT PROCESS ON *.* TO ${n.account}`,
  }),
  accountLocked: (n) => ({
    happened: `${n.at} is up, but the account ${n.user} is locked${n.code}`,
    next: `Unlock it: ALTER USER ${n.account} ACCOUNT UNLOCK (after too many wrong passwords on MariaDB: FLUSH PRIVILEGES)`,
  }),
  passwordExpired: (n) => ({
    happened: `${n.at} is up, but the password of ${n.user} has expired${n.code}`,
    next: `Set a new one and store it as the credential: ALTER USER ${n.account} IDENTIFIED BY '<new password>' PASSWORD EXPIRE NEVER`,
  }),
  databaseDenied: (n) => ({
    happened: `${n.at} is up, but refused a default database to ${n.user}${n.code}`,
    next: 'Runbell asks for none: look for a proxy or an init_connect setting that does',
  }),
  quota: (n) => ({
    happened: `${n.at} is up, but the monitor's account ${n.user} has used up its own quota${n.code}; this says nothing about the server's limit`,
    next: `Raise it: ALTER USER ${n.account} WITH MAX_USER_CONNECTIONS 5 MAX_CONNECTIONS_PER_HOUR 0`,
  }),
  accountLimit: (n) => ({
    happened: `${n.at} is up, but ${n.user} already holds as many connections as the global max_user_connections allows${n.code}; the server itself may have room`,
    next: `Give the monitor its own allowance: ALTER USER ${n.account} WITH MAX_USER_CONNECTIONS 5, and see who else uses the account`,
  }),
  blockedHost: (n) => ({
    happened: `${n.at} has blocked this client's address after too many broken connection attempts${n.code}; other clients are not affected`,
    next: 'Unblock it: FLUSH HOSTS (MariaDB) or TRUNCATE TABLE performance_schema.host_cache (MySQL), and find what opens connections without logging in, such as a bare port check',
  }),
  adminPortDenied: (n) => ({
    happened: `${n.at} did not let ${n.user} in by its administrative port${n.code}`,
    next: `Allow it: GRANT SERVICE_CONNECTION_ADMIN ON *.* TO ${n.account}, or take adminPort out of the configuration`,
  }),
  tlsUntrusted: (n) => ({
    happened: `${n.at} answered, but its TLS certificate could not be verified, so no password was sent`,
    next: `Set tls for this target: { caFile } with the authority that signed it, "rds" or "system"; host must be the name in the certificate`,
  }),
  tlsMissing: (n) => ({
    happened: `${n.at} answered, but offers no TLS, so no password was sent`,
    next: 'Turn TLS on at the server, or write tls: "off" for this target if the network in between is trusted',
  }),
  tlsRequired: (n) => ({
    happened: `${n.at} is up and takes encrypted connections only${n.code}`,
    next: 'Set tls for this target: "rds", "system" or { caFile }',
  }),
  connectionRefused: (n) => ({
    happened: `Nothing listens at ${n.at}: the server is down, still starting, or the port is another`,
    next: 'Check that the server runs and which port it uses',
  }),
  unreachable: (n) => ({
    happened: `${n.at} did not answer a connection attempt at all`,
    next: `Check security groups, routes and firewalls between Runbell and port ${n.port}, and that the host is up`,
  }),
  frozen: (n) => ({
    happened: `${n.at} accepted a connection and then said nothing: the server hangs, or something else that waits for the client to speak listens there`,
    next: 'Check load, disk space and memory on the database host, and that the port is that of MySQL',
  }),
  nameUnknown: (n) => ({
    happened: `The name ${n.target.host} of ${n.target.id} could not be resolved${n.code}`,
    next: 'Check the host name for typing mistakes and whether the database was renamed or deleted',
  }),
  socketMissing: (n) => ({
    happened: `No server answers at the socket of ${n.at}`,
    next: 'Check that the server runs and that socketPath is what SELECT @@socket shows',
  }),
  notMysql: (n) => ({
    happened: `What answers at ${n.at} does not speak the MySQL protocol`,
    next: 'Check host and port: a web server, a MySQL X Protocol port (33060) or a tunnel may listen there',
  }),
  closedBeforeGreeting: (n) => ({
    happened: `${n.at} accepted a connection and closed it without a greeting: the server is shutting down, a proxy has no database behind it, or it is not MySQL`,
    next: 'Check that the server runs, and point the target at the database itself and not at a proxy',
  }),
  connectionReset: (n) => ({
    happened: `${n.at} broke off the connection${n.code}: the server was stopped or killed, or something in between cut it`,
    next: "Look into the server's error log for a restart or a crash",
  }),
  queryTimedOut: (n) => ({
    happened: `${n.at} let ${n.user} in, but did not answer the status query in time`,
    next: 'Look for overload or a full disk: SHOW FULL PROCESSLIST',
  }),
  statementLimit: (n) => ({
    happened: `${n.at} stopped the status query at its time limit of 2 seconds${n.code}`,
    next: 'Look for overload, or a process list so long that reading it takes seconds: SHOW FULL PROCESSLIST',
  }),
  idleDropped: (n) => ({
    happened: `${n.at} dropped the monitor's connection as idle${n.code}`,
    next: 'Check whether wait_timeout or interactive_timeout is set to a second or two',
  }),
  shuttingDown: (n) => ({
    happened: `${n.at} is shutting down${n.code}`,
    next: 'If nobody is restarting it on purpose, look into its error log',
  }),
  outOfResources: (n) => ({
    happened: `${n.at} is up, but could not make another connection for lack of memory, threads or file descriptors${n.code}; that is below max_connections`,
    next: "Check memory, open_files_limit and the process limits of the server's user; lower max_connections to what it can carry",
  }),
  proxyExhausted: (n) => ({
    happened: `A proxy answers at ${n.at}, and it found no free connection to the database behind it${n.code}`,
    next: 'Point the target at the database itself, and check the connection limits of the proxy',
  }),
  secretUnavailable: (n) => ({
    happened: `${n.target.id} was not asked, because ${n.why}`,
    next: 'Check that the credential exists and that the function may and can read it',
  }),
  loginMethod: (n) => ({
    happened: `${n.at} is up, but asks ${n.user} for a way of logging in that is not available here${n.code}`,
    next: `Use caching_sha2_password or mysql_native_password for the account; an IAM token goes over TLS only`,
  }),
  unexpected: (n) => ({
    happened: `Reading ${n.at} failed in a way that Runbell does not know${n.code}`,
    next: "Look the number up in the server's manual, and see its error log",
  }),
};

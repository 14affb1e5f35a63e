import type { TargetConfig } from '../../../functions/core/config/config.ts';
import type { Sample } from '../../../functions/core/model/sample.ts';
import { about, type Finding } from './finding.ts';
import { mayDo, quotedAccount, readGrants } from './grants.ts';

/** What the server says of itself and of the account that asked. */
export interface ServerFacts {
  /** CURRENT_USER(): the account that was matched, with the host pattern that a GRANT needs. */
  readonly account: string;
  readonly grants: readonly string[];
  /** Empty: the connection was not encrypted. */
  readonly cipher: string;
  /** Global variables by name, and Max_used_connections. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface TargetLook {
  readonly target: TargetConfig;
  readonly sample: Sample;
  /** null: the server could not be asked, or not any more. */
  readonly facts: ServerFacts | null;
  /** By the administrative port, where one is configured. */
  readonly byAdminPort: Sample | null;
  /** The function will ask from inside a VPC, where names and routes are others. */
  readonly isFromElsewhere: boolean;
  /** Without AWS credentials neither tokens nor secrets can be had, which says nothing about the target. */
  readonly hasCredentials: boolean;
}

const NOT_FROM_HERE: ReadonlySet<string> = new Set(['unreachable', 'nameUnknown', 'connectionRefused']);
const HEADROOM_WARNING_SHARE = 0.8;

/** One target, from reach to headroom. */
export function targetFindings(look: TargetLook): readonly Finding[] {
  const said = about('target', look.target.id);
  const { sample, facts } = look;
  if (sample.kind === 'unreadable') return [unreadable(look)];
  if (sample.kind === 'full') {
    const fix = 'Every slot is taken. SHOW PROCESSLIST as an administrator says by whom.';
    return [said('error', 'it refuses every login: all connections are in use', fix)];
  }
  return [
    said('ok', `reached, and ${look.target.user} logged in`),
    ...(facts === null ? [] : [tls(look, facts), ...grants(look, facts)]),
    ...headroom(look),
    ...adminPort(look),
  ];
}

function unreadable({ target, sample, isFromElsewhere, hasCredentials }: TargetLook): Finding {
  const said = about('target', target.id);
  if (sample.kind !== 'unreadable') return said('ok', 'readable');
  // The sentence for people is "what happened. What is not known. What to do."
  const [what = '', fix = null] = sample.sentence.split('. Whether it is running out of connections is not known. ');
  if (isFromElsewhere && NOT_FROM_HERE.has(sample.cause)) {
    return said(
      'note',
      `it cannot be reached from here (${sample.cause}); the function asks from its VPC`,
      `If WatchErrors or a card says the same: ${fix}`,
    );
  }
  if (sample.cause === 'secretUnavailable' && !hasCredentials && target.credential.kind !== 'environment') {
    return said(
      'note',
      'not looked at: its login needs AWS credentials',
      'aws sso login, or export AWS_PROFILE=<profile>.',
    );
  }
  return said('error', what, fix);
}

function tls({ target }: TargetLook, { cipher }: ServerFacts): Finding {
  const said = about('target', target.id);
  if (cipher !== '') return said('ok', `encrypted (${cipher}), certificate verified`);
  if (target.socketPath !== undefined || target.host === '127.0.0.1')
    return said('ok', 'not encrypted, and does not leave this machine');
  return said(
    'note',
    "not encrypted: tls is 'off'",
    "Right only where the network is trusted; else tls: 'rds', 'system' or { caFile }.",
  );
}

function grants({ target, sample }: TargetLook, facts: ServerFacts): readonly Finding[] {
  const said = about('target', target.id);
  const may = readGrants(facts.grants);
  const account = quotedAccount(facts.account);
  const isMariaDb = /mariadb/i.test(facts.variables.get('version') ?? '');
  const isBlind = sample.kind === 'reading' && sample.holders?.sight === 'blind';
  const findings: Finding[] = [];
  if (mayDo(may, 'PROCESS', 'SUPER') && !isBlind) findings.push(said('ok', 'sees every connection (PROCESS)'));
  else
    findings.push(
      said('error', 'sees only its own connections: the account lacks PROCESS', `GRANT PROCESS ON *.* TO ${account};`),
    );
  if (may.excess.length > 0) {
    const fix = 'Make an account for Runbell alone, with PROCESS and nothing else.';
    findings.push(said('warning', `may do more than it needs: ${may.excess.slice(0, 5).join(', ')}`, fix));
  }
  const spare = isMariaDb ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN';
  if (target.adminPort !== undefined && !isMariaDb && !mayDo(may, 'SERVICE_CONNECTION_ADMIN')) {
    findings.push(
      said('error', 'may not use the administrative port', `GRANT SERVICE_CONNECTION_ADMIN ON *.* TO ${account};`),
    );
  } else if (target.adminPort === undefined && !mayDo(may, spare, 'SUPER')) {
    const fix = `Optional: ${extraPort(facts)}or GRANT ${spare} ON *.* TO ${account}; which lets it end sessions too.`;
    findings.push(
      said('note', 'a full server will refuse Runbell too: who holds its connections is then not seen', fix),
    );
  }
  return findings;
}

/** A port that is open already. */
function extraPort({ variables }: ServerFacts): string {
  const extra = Number(variables.get('extra_port') ?? 0);
  const admin = (variables.get('admin_address') ?? '') === '' ? 0 : Number(variables.get('admin_port') ?? 0);
  const port = extra || admin;
  return port === 0
    ? 'an extra_port (MariaDB) or admin_address (MySQL), written as adminPort; '
    : `write adminPort: ${port}, which is open there; `;
}

function headroom({ target, sample, facts }: TargetLook): readonly Finding[] {
  if (sample.kind !== 'reading') return [];
  const said = about('target', target.id);
  const { connected, connectionsMax } = sample;
  const used = facts?.variables.get('Max_used_connections');
  const most = used === undefined ? '' : `, at most ${used} since its start`;
  const what = `${connected} of ${connectionsMax} connections in use${most}`;
  if (connected < HEADROOM_WARNING_SHARE * connectionsMax) return [said('ok', what)];
  return [said('warning', what, 'An incident opens as soon as it is watched. Find who holds them: SHOW PROCESSLIST.')];
}

function adminPort({ target, byAdminPort }: TargetLook): readonly Finding[] {
  if (target.adminPort === undefined || byAdminPort === null) return [];
  const said = about('target', target.id);
  if (byAdminPort.kind === 'reading') return [said('ok', `port ${target.adminPort} answers when the server is full`)];
  const why = byAdminPort.kind === 'unreadable' ? byAdminPort.cause : 'full';
  return [
    said(
      'error',
      `the administrative port ${target.adminPort} does not answer (${why})`,
      'Check extra_port or admin_address, admin_port and the firewall; or take adminPort out.',
    ),
  ];
}

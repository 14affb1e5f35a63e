import type { ApplicationConfig } from '../../../functions/core/config/config.ts';
import { about, type Finding } from './finding.ts';
import type { HostFacts } from './host-script.ts';

export interface InsideLook {
  readonly hostId: string;
  readonly application: ApplicationConfig;
  readonly facts: HostFacts;
  /** Between these two instants, by our clock, the host looked at its own. */
  readonly sentAtMs: number;
  readonly seenAtMs: number;
}

/** A later clock than this makes times on cards and in timelines contradict each other. */
const SKEW_SECONDS_MAX = 5;

/** What is not as the configuration says on a host, each with what to write or to run. */
export function insideFindings(look: InsideLook): readonly Finding[] {
  const { hostId, application, facts } = look;
  const said = about('host', hostId);
  const { id, user, ecosystemFile } = application;
  if (!facts.hasUser) {
    const owners = [...new Set([facts.directoryOwner, ...facts.daemons.map((daemon) => daemon.user)])].filter(Boolean);
    const hint = owners.length === 0 ? '' : ` Here are: ${owners.join(', ')}.`;
    return [
      said('error', `${id}: there is no user ${user}`, `Write the owner of PM2 as applications "${id}" user.${hint}`),
      ...clock(look),
    ];
  }
  return [
    daemon(look),
    ...directory(look),
    ...(facts.isEcosystemReadable === false
      ? [
          said(
            'error',
            `${id}: ${user} cannot read ${ecosystemFile}`,
            `Correct ecosystemFile, or: sudo chmod o+r ${ecosystemFile}`,
          ),
        ]
      : []),
    ...(facts.missing.length > 0
      ? [
          said(
            'error',
            `lacks ${facts.missing.join(', ')}, which runbooks need`,
            'Install coreutils, util-linux and bash.',
          ),
        ]
      : []),
    ...clock(look),
  ];
}

function daemon({ hostId, application, facts }: InsideLook): Finding {
  const said = about('host', hostId);
  const { id, user, pm2 } = application;
  const home = pm2.home.replace(/\/$/, '');
  const here = facts.daemons.find((one) => one.home.replace(/\/$/, '') === home);
  if (here?.user === user) return said('ok', `${id}: PM2 runs as ${user} in ${home}`);
  if (here !== undefined) {
    return said('error', `${id}: PM2 in ${home} runs as ${here.user}, not as ${user}`, `Write user: '${here.user}'.`);
  }
  const found = facts.daemons.map((one) => `user: '${one.user}', pm2.home: '${one.home}'`);
  if (found.length > 0)
    return said('error', `${id}: no PM2 runs in ${home}`, `Running here: ${found.join('; ')}. Write that.`);
  return said(
    'error',
    `${id}: no PM2 runs here`,
    `As ${user}: PM2_HOME=${home} pm2 resurrect; and pm2 startup keeps it over a restart.`,
  );
}

function directory({ hostId, application, facts }: InsideLook): readonly Finding[] {
  const said = about('host', hostId);
  const { id, user, directory: path } = application;
  if (facts.directoryOwner === null)
    return [said('error', `${id}: there is no ${path}`, `Correct directory of applications "${id}".`)];
  return [
    facts.isDirectoryReadable
      ? said('ok', `${id}: ${user} can read ${path}`)
      : said(
          'error',
          `${id}: ${user} cannot read ${path}, which ${facts.directoryOwner} owns`,
          `sudo chmod o+rx ${path}, or correct user.`,
        ),
  ];
}

function clock({ hostId, facts, sentAtMs, seenAtMs }: InsideLook): readonly Finding[] {
  const { clockSeconds } = facts;
  if (clockSeconds === null) return [];
  const early = sentAtMs / 1000 - clockSeconds;
  const late = clockSeconds - seenAtMs / 1000;
  const skew = Math.round(Math.max(early, late));
  if (skew <= SKEW_SECONDS_MAX) return [about('host', hostId)('ok', 'its clock agrees with this one')];
  const what = `its clock is at least ${skew} s ${early > late ? 'behind' : 'ahead of'} this one`;
  return [about('host', hostId)('warning', what, 'On the one that is wrong: sudo timedatectl set-ntp true')];
}

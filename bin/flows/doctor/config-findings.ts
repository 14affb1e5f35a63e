import type { Config } from '../../../functions/core/config/config.ts';
import { parseConfig } from '../../../functions/core/config/parse-config.ts';
import { readDeployment } from '../../../lib/read-deployment.ts';
import { copiesText, copiesView } from '../copies.ts';
import { about, counted, type Finding } from './finding.ts';

export interface ConfigFindings {
  /** null: nothing else can be looked at. */
  readonly config: Config | null;
  readonly findings: readonly Finding[];
}

const said = about('configuration');

/** The configuration as `cdk deploy` will judge it, and what is valid and still not meant. */
export function configFindings(input: unknown): ConfigFindings {
  const parsed = parseConfig(input);
  if (parsed.kind === 'invalid') {
    const findings = parsed.problems.map(({ path, message }) => said('error', `${path} is not right`, message));
    return { config: null, findings };
  }
  const { config } = parsed;
  const findings = [...standIns(config), ...deployable(input, config), ...idle(config), ...unasked(config)];
  const summary = `${counted(config.targets.length, 'target')}, ${counted(config.applications.length, 'application')}, every ${config.sampling.everySeconds} s`;
  return { config, findings: [said('ok', summary), ...findings] };
}

/** Nobody's own ids are in it: the file that a clone comes with, or what an init without answers wrote. */
export function isExample(config: Config): boolean {
  const ids = [
    config.slack.channel,
    config.slack.workspaceId,
    ...config.people.map(({ slackUserId }) => slackUserId),
    ...config.targets.map(({ host }) => host),
  ];
  const hosts = config.applications.flatMap((application) => application.hosts);
  return ids.every(isStandIn) && hosts.every((host) => /-0{8}/.test(host));
}

function isStandIn(text: string): boolean {
  return /EXAMPLE|\.example\.internal$/.test(text);
}

function standIns(config: Config): readonly Finding[] {
  return stringsIn(config, '')
    .filter(({ text }) => isStandIn(text))
    .map(({ path, text }) =>
      said('error', `${path} is still a stand-in (${text})`, 'Write your own; docs/install.md says where it is found.'),
    );
}

function stringsIn(value: unknown, path: string): readonly { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  const step = (key: string) => (Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
  return Object.entries(value).flatMap(([key, inner]) => stringsIn(inner, step(key)));
}

function deployable(input: unknown, config: Config): readonly Finding[] {
  const deployment = readDeployment(input);
  if (deployment.kind === 'valid') return [];
  const isForLaptop = config.targets.some(({ credential }) => credential.kind === 'environment');
  return [
    isForLaptop
      ? said('note', 'it works with npm start only: a target reads its password from an environment variable')
      : said('error', 'it cannot be deployed', deployment.text),
  ];
}

function idle(config: Config): readonly Finding[] {
  const hostless = config.applications.filter(({ hosts }) => hosts.length === 0).map(({ id }) => id);
  const used = new Set(config.applications.flatMap(({ targets }) => targets));
  const unused = config.targets.filter(({ id }) => !used.has(id)).map(({ id }) => id);
  return [
    ...(config.people.length + config.userGroups.length === 0
      ? [said('note', 'nobody may run runbooks', 'List somebody in people, else they are only suggested.')]
      : []),
    ...(hostless.length > 0
      ? [said('note', `${hostless.join(', ')} has no hosts`, 'Write hosts, else its runbooks are only suggested.')]
      : []),
    ...(unused.length > 0
      ? [
          said(
            'note',
            `no application uses ${unused.slice(0, 5).join(', ')}`,
            'Name it in targets of an application, else its cards offer nothing.',
          ),
        ]
      : []),
  ];
}

/** What happens on hosts though nobody pressed anything. */
function unasked(config: Config): readonly Finding[] {
  const text = copiesText(copiesView(config), config.snapshots.atUtc);
  return text === null ? [] : [said('ok', text)];
}

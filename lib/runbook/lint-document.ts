import { matchesPattern, patternProblem } from '../../functions/core/runbook/pattern-problem.ts';
import { type CommandDocument, DELIVERED_HEAD, type DocumentStep, guardLine } from './build-document.ts';

const DOCUMENT_BYTES_MAX = 65_536;

const STEP_SECONDS_MIN = 5;

const STEP_SECONDS_MAX = 172_800;

type Rule = (document: CommandDocument) => readonly string[];

/** Every rule for our documents that this one breaks, as sentences; empty when it may be delivered. */
export function lintDocument(name: string, document: CommandDocument): readonly string[] {
  return [...nameProblems(name), ...RULES.flatMap((rule) => rule(document))];
}

/** Names of the parameters that a script reads. SSM_COMMAND_ID is the agent's own. */
export function parametersUsed(script: string): ReadonlySet<string> {
  const names = [...script.matchAll(/\bSSM_([A-Za-z][A-Za-z0-9]*)(?![A-Za-z0-9_])/g)].map((match) => match[1] ?? '');
  return new Set(names);
}

function nameProblems(name: string): string[] {
  const problems: string[] = [];
  if (!/^[a-zA-Z0-9_.-]{3,128}$/.test(name)) problems.push(`the name ${name} is not a document name`);
  if (/^(aws|amazon|amzn)/i.test(name))
    problems.push(`the name ${name} begins with a prefix that AWS keeps for itself`);
  return problems;
}

const RULES: readonly Rule[] = [
  ({ schemaVersion }) => when(schemaVersion !== '2.2', 'schemaVersion must be 2.2'),
  (document) =>
    when(
      new TextEncoder().encode(JSON.stringify(document)).length > DOCUMENT_BYTES_MAX,
      'the document is larger than 64 KB',
    ),
  ({ mainSteps }) => when(mainSteps.length === 0, 'the document has no step'),
  ({ mainSteps }) => when(new Set(mainSteps.map((step) => step.name)).size < mainSteps.length, 'step names repeat'),
  ({ parameters }) => Object.entries(parameters).flatMap(([name, one]) => parameterProblems(name, one)),
  ({ mainSteps }) => mainSteps.flatMap((step) => [...stepProblems(step), ...scriptProblems(step)]),
  ({ mainSteps, parameters }) => mainSteps.flatMap((step) => guardProblems(step, parameters)),
];

function when(broken: boolean, problem: string): readonly string[] {
  return broken ? [problem] : [];
}

function parameterProblems(name: string, one: CommandDocument['parameters'][string]): string[] {
  const pattern = patternProblem(one.allowedPattern);
  return [
    ...when(!/^[a-zA-Z0-9]+$/.test(name), `parameter ${name}: SSM takes letters and digits only`),
    ...when(one.type !== 'String', `parameter ${name}: the type must be String`),
    ...when(one.interpolationType !== 'ENV_VAR', `parameter ${name}: interpolationType must be ENV_VAR`),
    ...when(pattern !== null, `parameter ${name}: its pattern: ${pattern}`),
    ...when(one.default === '', `parameter ${name}: give the default a word such as "auto", not the empty text`),
    ...when(
      one.default !== undefined && pattern === null && !matchesPattern(one.allowedPattern, one.default),
      `parameter ${name}: its default does not match its pattern`,
    ),
  ];
}

function stepProblems(step: DocumentStep): string[] {
  const { inputs } = step;
  const seconds = Number(inputs.timeoutSeconds);
  return [
    ...when(!/^[a-zA-Z0-9_]+$/.test(step.name), `step ${step.name}: use letters, digits and _ in its name`),
    ...when(
      JSON.stringify(step.precondition) !== '{"StringEquals":["platformType","Linux"]}',
      `step ${step.name}: it needs the precondition platformType Linux`,
    ),
    ...when(inputs.onFailure !== 'exit', `step ${step.name}: it needs onFailure exit under inputs`),
    ...when(
      !(Number.isInteger(seconds) && seconds >= STEP_SECONDS_MIN && seconds <= STEP_SECONDS_MAX),
      `step ${step.name}: the agent reads timeoutSeconds outside ${STEP_SECONDS_MIN} to ${STEP_SECONDS_MAX} as an hour`,
    ),
    ...when(
      ['onFailure', 'timeoutSeconds', 'isEnd', 'maxAttempts'].some((key) => key in step),
      `step ${step.name}: onFailure and timeoutSeconds count only under inputs`,
    ),
  ];
}

/** Texts that break on a host without anybody noticing, each with what to write instead. */
const FORBIDDEN_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\{\{/, 'has "{{", which SSM replaces: values travel by environment only'],
  [/\r/, 'has a carriage return: the agent would not find its shell'],
  [/^\s*(?:source|\.)\s/m, 'still sources a file: write "source ../lib/<name>.sh" with a file of runbooks/lib'],
  [/\bexit\s+(?:137|168|169|194)\b/, 'exits with 137, 168, 169 or 194, which mean something else to the agent'],
  [/\$(?:\{(?:HOME|USER|TERM)\}|(?:HOME|USER|TERM)\b)/, 'uses HOME, USER or TERM, which the agent does not set'],
];

function scriptProblems(step: DocumentStep): string[] {
  const [first, second] = step.inputs.runCommand;
  const script = step.inputs.runCommand.join('\n');
  return [
    ...when(first !== DELIVERED_HEAD[0], `step ${step.name}: the first line must be ${DELIVERED_HEAD[0]}`),
    ...when(second !== DELIVERED_HEAD[1], `step ${step.name}: the second line must be ${DELIVERED_HEAD[1]}`),
    ...scriptTextProblems(script),
  ];
}

/** What is wrong with a script's text alone. */
export function scriptTextProblems(script: string): readonly string[] {
  return FORBIDDEN_TEXTS.filter(([text]) => text.test(script)).map(([, what]) => `the script ${what}`);
}

/** An agent that is too old leaves SSM_<name> unset and says nothing, so the script has to refuse by itself. */
function guardProblems(step: DocumentStep, parameters: CommandDocument['parameters']): string[] {
  const lines = new Set(step.inputs.runCommand.join('\n').split('\n'));
  const unguarded = Object.entries(parameters).filter(([name, one]) => !lines.has(guardLine(name, one.allowedPattern)));
  const undeclared = [...parametersUsed(step.inputs.runCommand.join('\n'))].filter((one) => !(one in parameters));
  return [
    ...unguarded.map(([name]) => `step ${step.name}: nothing refuses to run when the agent is too old for ${name}`),
    ...undeclared.map((name) => `step ${step.name}: the script reads SSM_${name}, which is not a parameter`),
  ];
}

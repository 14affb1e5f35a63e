import { createHash } from 'node:crypto';
import * as z from 'zod';

const parameterSchema = z.strictObject({
  type: z.literal('String'),
  description: z.string().optional(),
  default: z.string().optional(),
  allowedPattern: z.string().optional(),
  allowedValues: z.array(z.string()).optional(),
  minChars: z.number().int().optional(),
  maxChars: z.number().int().optional(),
  displayType: z.string().optional(),
  interpolationType: z.literal('ENV_VAR').optional(),
});

// Loose on purpose: the agent silently ignores Automation's step fields such as onFailure beside the inputs.
const stepSchema = z.looseObject({
  action: z.string(),
  name: z.string().regex(/^[a-zA-Z0-9_]+$/),
  precondition: z.record(z.string(), z.array(z.string())).optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
});

const contentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string().optional(),
  parameters: z.record(z.string().regex(/^[a-zA-Z0-9]+$/), parameterSchema).default({}),
  mainSteps: z.array(stepSchema).min(1),
});

export type Parameter = z.output<typeof parameterSchema>;
export type Step = z.output<typeof stepSchema>;

export interface SsmDocument {
  readonly name: string;
  /** Of the content as compact JSON, hex: what the service calls the document's hash. */
  readonly sha256: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly steps: readonly Step[];
}

const CONTENT_BYTES_MAX = 64 * 1024;

/** Reads a document as CreateDocument would; throws with every problem named. */
export function parseDocument(name: string, content: unknown): SsmDocument {
  const json = JSON.stringify(content);
  if (Buffer.byteLength(json) > CONTENT_BYTES_MAX) throw new Error(`document ${name} is larger than 64 KB`);
  const parsed = contentSchema.safeParse(content);
  if (!parsed.success) throw new Error(`document ${name}: ${z.prettifyError(parsed.error)}`);
  const sha256 = createHash('sha256').update(json).digest('hex');
  return { name, sha256, parameters: parsed.data.parameters, steps: parsed.data.mainSteps };
}

const TIMEOUT_SECONDS_DEFAULT = 3600;

/** The agent's rule for `timeoutSeconds`: whatever is no number from 5 to 172,800 counts as an hour. */
export function stepTimeoutSeconds(step: Step, values: Values): number {
  const seconds = Number.parseInt(interpolate(String(step.inputs['timeoutSeconds']), values), 10);
  return seconds >= 5 && seconds <= 172_800 ? seconds : TIMEOUT_SECONDS_DEFAULT;
}

/** A parameter's value by name. */
export type Values = ReadonlyMap<string, string>;

/** The agent's `{{ name }}`: raw text, one pass, undeclared names left as they are. */
export function interpolate(template: string, values: Values): string {
  return template.replace(/\{\{\s*([a-zA-Z0-9]+)\s*\}\}/g, (whole, name: string) => {
    const value = values.get(name) ?? whole;
    return whole === template ? value : value.replaceAll('$$', '$');
  });
}

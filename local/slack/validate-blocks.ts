import type * as z from 'zod';
import { type Block, type Modal, messageBlocks, modal } from './blocks.ts';

/** Undocumented: several reports put the cut between 11,000 and 13,000 characters. */
const MESSAGE_TEXT_CHARS_MAX = 12_000;

export type Validated<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | {
      readonly kind: 'invalid';
      readonly error: 'invalid_blocks' | 'msg_blocks_too_long' | 'invalid_arguments';
      /** Each ends with a JSON pointer to its place, in Slack's own form. */
      readonly problems: readonly string[];
    };

/** Judge the blocks of a message as Slack would. A valid value has every id that was missing. */
export function validateBlocks(blocks: unknown): Validated<Block[]> {
  const parsed = messageBlocks.safeParse(blocks);
  if (!parsed.success) return { kind: 'invalid', error: 'invalid_blocks', problems: told(parsed.error, '/blocks') };
  const chars = textChars(parsed.data);
  if (chars <= MESSAGE_TEXT_CHARS_MAX) return { kind: 'valid', value: parsed.data };
  const problem = `the text of all blocks has ${chars} characters [json-pointer:/blocks]`;
  return { kind: 'invalid', error: 'msg_blocks_too_long', problems: [problem] };
}

/** Judge a modal as Slack would. */
export function validateView(view: unknown): Validated<Modal> {
  const parsed = modal.safeParse(view);
  if (parsed.success) return { kind: 'valid', value: parsed.data };
  return { kind: 'invalid', error: 'invalid_arguments', problems: told(parsed.error, '/view') };
}

function told({ issues }: z.ZodError, root: string): string[] {
  return issues.map((issue) => {
    const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('undefined');
    const path = isMissing ? issue.path.slice(0, -1) : issue.path;
    const pointer = [root, ...path.map(String)].join('/');
    return `${isMissing ? `missing required field: ${String(issue.path.at(-1))}` : complaint(issue)} [json-pointer:${pointer}]`;
  });
}

function complaint(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `invalid additional property: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_union') return 'unsupported type';
  if (issue.code === 'invalid_value') return 'must be a valid enum value';
  return issue.code === 'invalid_type' ? `must provide a valid ${issue.expected}` : issue.message;
}

function textChars(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const chars = ([key, inner]: [string, unknown]) =>
    key === 'text' && typeof inner === 'string' ? inner.length : textChars(inner);
  return Object.entries(value).reduce((sum, entry) => sum + chars(entry), 0);
}

import * as clack from '@clack/prompts';
import { Failure } from './failure.ts';

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** Asks a person. An empty answer is null: not known yet. */
export interface Asker {
  text(question: string, placeholder: string, problem: (value: string) => string | undefined): Promise<string | null>;
  /** Shows nothing of what is typed. */
  hidden(question: string, problem: (value: string) => string | undefined): Promise<string>;
  one(question: string, options: readonly Option[]): Promise<string>;
  many(question: string, options: readonly Option[]): Promise<readonly string[]>;
}

/** Questions on standard error, so that what a command prints can be piped. */
export const clackAsker: Asker = {
  async text(question, placeholder, problem) {
    const validate = (value: string | undefined) => (value ? problem(value.trim()) : undefined);
    const answer = given(await clack.text({ message: question, placeholder, validate, output: process.stderr }));
    return (answer ?? '').trim() === '' ? null : answer.trim();
  },
  async hidden(question, problem) {
    const validate = (value: string | undefined) => problem(value ?? '');
    return given(await clack.password({ message: question, validate, output: process.stderr }));
  },
  async one(question, options) {
    return given(await clack.select({ message: question, options: [...options], output: process.stderr }));
  },
  async many(question, options) {
    const asked = { message: question, options: [...options], required: false, output: process.stderr };
    return given(await clack.multiselect(asked));
  },
};

function given<T>(answer: T | typeof clack.CANCEL_SYMBOL): T {
  if (clack.isCancel(answer)) throw new Failure('Stopped. Nothing was written.');
  return answer;
}

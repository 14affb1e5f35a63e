import type { Console } from '../../../bin/commands/common/console.ts';

/** Keeps what a command wrote. Nobody answers questions here. */
export class RecordingConsole implements Console {
  readonly isInteractive = false;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly written: string[] = [];
  readonly said: string[] = [];
  readonly #input: string;

  constructor(environment: Readonly<Record<string, string | undefined>> = {}, input = '') {
    this.environment = environment;
    this.#input = input;
  }

  out(text: string): void {
    this.written.push(text);
  }

  say(text: string): void {
    this.said.push(text);
  }

  async input(): Promise<string> {
    return this.#input;
  }

  /** Everything a person or a log could see. */
  get everything(): string {
    return [...this.written, ...this.said].join('\n');
  }
}

/** What an attacker puts where a program, a file, a title or a row is read. */
export interface Payload {
  readonly name: string;
  /** `command` makes a file that belongs to whoever ran it. */
  texts(command: string): readonly string[];
}

/** Executed by bash wherever a text is taken for a number or a subscript. */
const ARITHMETIC: Payload = {
  name: 'arithmetic',
  texts: (command) => [`EUID[$(${command})]`, `x[$(${command})0]`, `a[\`${command}\`]`, `$((EUID[$(${command})]))`],
};

/** Executed by whatever evaluates, splits into an option, or joins into a shell's text. */
const COMMANDS: Payload = {
  name: 'commands',
  texts: (command) => [
    `$(${command})`,
    `\`${command}\``,
    `1;${command};`,
    `0|${command}|`,
    `';${command};'`,
    `";${command};"`,
    `-o ProxyCommand=${command}`,
    `--checkpoint-action=exec=${command}`,
    '-rf',
    '--help',
    '--',
  ],
};

/** Numbers that bash reads otherwise, or not at all. */
const NUMBERS: Payload = {
  name: 'numbers',
  texts: () => [
    '08',
    '0x41',
    '-1',
    '1e3',
    '٣',
    '',
    '1 ',
    '999999999',
    '0000000099',
    '2147483648',
    '9223372036854775808',
    '99999999999999999999',
  ],
};

/** What a terminal, a line, a string of C, JSON or a pattern would take for its own. */
const CONTROL: Payload = {
  name: 'control',
  texts: () => [
    '\u001b]0;owned\u0007\u001b[2J',
    '\r\n"},{"ending":"done"',
    '"],"processes":[],"dryRun":true}',
    'a\u0000b',
    '\\u0022 \\" \\\\',
    '\u0080\u00ff\u202e',
    '__proto__',
    '*',
    '[!a]@(x)',
    '%n%s',
    '<!channel> *bold* `code`',
    '../../../../etc/passwd',
  ],
};

export const PAYLOADS: readonly Payload[] = [ARITHMETIC, COMMANDS, NUMBERS, CONTROL];

/** All of them at once; where one value is taken, the first. */
export const EVERYTHING: Payload = {
  name: 'everything',
  texts: (command) => PAYLOADS.flatMap((payload) => payload.texts(command)),
};

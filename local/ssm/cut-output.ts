/** Where agent and service cut what a step printed; the head is kept, the tail is lost. */
export const STDOUT_BYTES_MAX = 24_000;
export const STDERR_BYTES_MAX = 8_000;
const COMBINED_BYTES_MAX = 2_500;

const CUT = '--output truncated--';
const SEPARATOR = '\n----------ERROR-------\n';

/** May split a character: what is left of it becomes U+FFFD, as on a host. */
export function cutOutput(output: Buffer | string, bytesMax: number): string {
  const bytes = Buffer.from(output);
  if (bytes.length <= bytesMax) return bytes.toString();
  return bytes.subarray(0, bytesMax - CUT.length).toString() + CUT;
}

/** The short output of ListCommandInvocations: both streams, half each when they do not fit. */
export function combineOutput(stdout: string, stderr: string): string {
  if (stderr === '') return cutOutput(stdout, COMBINED_BYTES_MAX);
  const whole = stdout + SEPARATOR + stderr;
  if (Buffer.byteLength(whole) <= COMBINED_BYTES_MAX) return whole;
  const half = (COMBINED_BYTES_MAX - SEPARATOR.length) / 2;
  return cutOutput(stdout, Math.floor(half)) + SEPARATOR + cutOutput(stderr, Math.floor(half));
}

/** The first agent that hands parameters to a script as environment variables. Older ones leave them out and say nothing. */
export const AGENT_VERSION_MIN = '3.3.2746.0';

export function isAgentTooOld(version: string): boolean {
  return version.localeCompare(AGENT_VERSION_MIN, 'en', { numeric: true }) < 0;
}

/** For `expect.poll` and `vi.waitFor`: how long to wait for what has to come, on a loaded machine; never how fast. */
export const SOON = { timeout: 30_000 } as const;

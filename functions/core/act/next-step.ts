import { endedWell, type HostRun, type Run } from '../model/run.ts';

/** A claim this old without a command belongs to an invocation that died; SendCommand gives up long before. */
const CLAIM_STALE_MS = 15_000;

/** ListCommands shows a command well before this; a claim without one by then never reached SSM. */
const CLAIM_LOST_MS = 45_000;

/** The one thing to do next with a run. Derived from what is stored, so that any crash is picked up here. */
export type Step =
  | { readonly kind: 'claim'; readonly at: number }
  /** A claim without a command: look whether SSM has it, never send again. */
  | { readonly kind: 'find'; readonly at: number; readonly isLast: boolean }
  | { readonly kind: 'look'; readonly at: number; readonly isLast: boolean }
  /** A person cancelled it: SSM is asked to end the command; how it ended is still looked up. */
  | { readonly kind: 'cancel'; readonly at: number }
  /** Every host is final, or the first that is not healthy stops the rest. */
  | { readonly kind: 'finish' }
  | { readonly kind: 'wait'; readonly why: 'claimIsFresh' | 'hasEnded' };

/** One host after the other; the next only after the former ended well. */
export function nextStep(run: Run, nowMs: number): Step {
  if (run.phase === 'ended') return { kind: 'wait', why: 'hasEnded' };
  for (const [at, host] of run.hosts.entries()) {
    switch (host.phase) {
      case 'ended':
        // A look at one host says nothing of the next, and harms none.
        if (!endedWell(host) && run.beside === undefined) return { kind: 'finish' };
        break;
      case 'skipped':
        break;
      case 'waiting':
        return run.stop === null ? { kind: 'claim', at } : { kind: 'finish' };
      case 'claimed': {
        const ageMs = nowMs - (host.claimedAtMs ?? nowMs);
        if (ageMs < CLAIM_STALE_MS) return { kind: 'wait', why: 'claimIsFresh' };
        return { kind: 'find', at, isLast: ageMs >= CLAIM_LOST_MS };
      }
      case 'sent':
        if (isCancelOwed(run, host)) return { kind: 'cancel', at };
        return { kind: 'look', at, isLast: nowMs - (host.sentAtMs ?? nowMs) >= run.hostTimeoutMs };
    }
  }
  return { kind: 'finish' };
}

/** A freeze lets what is out end by itself; a cancel does not. */
export function isCancelOwed(run: Run, host: HostRun): boolean {
  return run.stop?.why === 'cancelled' && host.phase === 'sent' && host.cancelAskedAtMs === undefined;
}

export function withHost(run: Run, at: number, change: Partial<HostRun>): Run {
  return { ...run, hosts: run.hosts.map((host, index) => (index === at ? { ...host, ...change } : host)) };
}

/** Hosts that were never claimed are left alone for good. */
export function finishedRun(run: Run, nowMs: number): Run {
  const hosts = run.hosts.map((host): HostRun => (host.phase === 'waiting' ? { ...host, phase: 'skipped' } : host));
  return { ...run, hosts, phase: 'ended', endedAtMs: nowMs };
}

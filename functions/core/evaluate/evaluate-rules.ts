import type { Config } from '../config/config.ts';
import type { TickRecord } from '../model/sample-record.ts';
import { isSightRule, type Reason, type RuleName, type Severity, type Verdict } from '../model/verdict.ts';
import { rateForecast, standingForecast } from './rate-forecast.ts';
import type { Finding, RuleInput } from './rules.ts';
import { absoluteRule, blindMonitorRule, fullRule, levelRule, refusedRule, unreadableRule } from './rules.ts';

/** In the order a person would want to hear it. A new rule is a file and a line here. */
const RULES: readonly (readonly [RuleName, (input: RuleInput) => Finding])[] = [
  ['full', fullRule],
  ['level', levelRule],
  ['absolute', absoluteRule],
  ['refused', refusedRule],
  ['unreadable', unreadableRule],
  ['blindMonitor', blindMonitorRule],
];

/** What the detector says of the same window; null while it is switched off or has nothing to say. */
export interface LeakFinding {
  readonly severity: Severity;
  readonly reason: Extract<Reason, { rule: 'leak' }>;
  readonly forecast: Extract<Verdict, { kind: 'breaching' }>['forecast'];
}

/**
 * Rules and detector meet in one verdict. `held` names the rules that hold the incident open:
 * they clear at their clear bound. Pure: the same records always give the same verdict.
 */
export function evaluateRules(
  rules: Config['rules'],
  records: readonly TickRecord[],
  held: readonly RuleName[],
  leak: LeakFinding | null,
): Verdict {
  const findings = RULES.map(([name, rule]) => ({
    name,
    finding: rule({ rules, records, isHeld: held.includes(name) }),
  }));
  const raised = findings.flatMap(({ finding }) => (finding.kind === 'raised' ? [finding] : []));
  const all = leak === null ? raised : [...raised, { severity: leak.severity, reason: leak.reason }];
  if (all.length > 0) {
    const severity = all.some((one) => one.severity === 'critical') ? 'critical' : 'warning';
    return {
      kind: 'breaching',
      severity,
      reasons: all.map((one) => one.reason),
      forecast: standingForecast(leak?.forecast ?? null, records) ?? standingForecast(rateForecast(records), records),
    };
  }
  const open = findings.filter(({ finding }) => finding.kind === 'unknown');
  if (open.length === 0) return { kind: 'healthy' };
  return { kind: 'unknown', why: open.some(({ name }) => isSightRule(name)) ? 'unreadable' : 'tooFewSamples' };
}

import { unreachable } from '../invariant.ts';
import type { Ending, Measure, Outcome } from '../model/run.ts';
import type { TargetState } from '../model/target.ts';
import type { Forecast, Reason } from '../model/verdict.ts';

/** "38 of 50 connections (76 %), +4 a minute, full in about 3 minutes". */
export function summaryText(state: TargetState): string {
  const { incident, figures } = state;
  if (incident?.isPractice) return 'somebody tries Runbell out';
  if (figures === null) return incident?.reasons.map(reasonText).join('; ') ?? 'no figures yet';
  if (figures.lostSight !== null) {
    const last =
      figures.connectionsMax > 0 ? `; last seen: ${countText(figures.connected, figures.connectionsMax)}` : '';
    const { sentence, triedEveryMs } = figures.lostSight;
    const tried = triedEveryMs === undefined ? '' : `; tried every ${durationText(triedEveryMs)}`;
    return `${sightLost(sentence)[0]}${tried}${last}`;
  }
  const count = countText(figures.connected, figures.connectionsMax);
  if (figures.full) return `all ${figures.connectionsMax || 'its'} connections are taken, new ones are refused`;
  const forecast = incident?.forecast ?? null;
  return forecast === null ? count : `${count}, ${forecastText(forecast)}`;
}

/** What to do about a database that cannot be read; on the card it stands below what happened. */
export function sightAdvice({ figures }: TargetState): string[] {
  return figures?.lostSight ? sightLost(figures.lostSight.sentence).slice(1) : [];
}

/** What happened, and what to do: the sampler says both in one. */
function sightLost(sentence: string): string[] {
  return sentence.replace(/\.$/, '').split(/\. (?=Whether it is running out)/);
}

export function countText(connected: number, connectionsMax: number): string {
  if (connectionsMax <= 0) return `${connected} connections`;
  return `${connected} of ${connectionsMax} connections (${Math.round((connected / connectionsMax) * 100)} %)`;
}

export function forecastText(forecast: Forecast): string {
  const rate = `${forecast.perMinute >= 0 ? '+' : ''}${roundRate(forecast.perMinute)} a minute`;
  if (forecast.kind === 'levelsOff') return `${rate}, will level off at about ${forecast.atConnections}`;
  return `${rate}, full in about ${durationText(forecast.inSeconds * 1000)}`;
}

function roundRate(perMinute: number): string {
  return Math.abs(perMinute) >= 10 ? perMinute.toFixed(0) : perMinute.toFixed(1).replace(/\.0$/, '');
}

/** Whole units that a person says: "40 seconds", "3 minutes", "2 hours 10 minutes". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return plural(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return plural(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 48) return plural(Math.round(hours / 24), 'day');
  return rest === 0 ? plural(hours, 'hour') : `${plural(hours, 'hour')} ${plural(rest, 'minute')}`;
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Why a verdict breaches, one sentence without a full stop. */
export function reasonText(reason: Reason): string {
  switch (reason.rule) {
    case 'full':
      return `the server refuses new connections (error 1040) in ${plural(reason.refusedSamples, 'sample')} in a row`;
    case 'level':
      return `at or above ${Math.round(reason.boundShare * 100)} % of max_connections`;
    case 'absolute':
      return `at or above the configured ${reason.bound} connections`;
    case 'refused':
      return `${reason.refused} connects were refused or failed since the sample before`;
    case 'leak':
      return `${reason.shape === 'fast' ? 'a rush' : 'connections leak'}: ${reason.evidence}`;
    case 'unreadable':
      return `could not be read ${reason.samples} times in a row`;
    case 'applicationDown':
      return `${reason.up === 0 ? '' : 'a part of '}${reason.applicationId} does not run on ${reason.hosts.join(', ')}`;
    case 'blindMonitor':
      return 'the monitoring account sees only its own connections: it lacks the PROCESS privilege';
    default:
      return unreachable(reason);
  }
}

export function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'inconclusive') return `can't tell if it helped: ${outcome.why}`;
  const { before, after } = outcome;
  if (outcome.kind === 'applicationDown') {
    const change = before === null || after === null ? '' : `${changeText(before, after)}, and `;
    return `the application does not run: ${change}${partsText(outcome)}`;
  }
  const change = changeText(outcome.before, outcome.after);
  const took = durationText(outcome.afterMs);
  switch (outcome.kind) {
    case 'recovered':
      return `it helped: ${change}, ${took} after it ended`;
    case 'improved':
      return `improved, still too high: ${change}, ${took} after it ended`;
    case 'notRecovered':
      return `no effect: ${change}, ${took} after it ended`;
    case 'relapsed':
      return `it helped, but not for long: back at ${outcome.after.connected} of ${outcome.after.connectionsMax} connections ${took} later`;
    default:
      return unreachable(outcome);
  }
}

function changeText(before: Measure, after: Measure): string {
  return `${before.connected} → ${after.connected} of ${after.connectionsMax} connections`;
}

/** "2 of 5 parts of shop are down": processes, php-fpm and the health command. */
export function partsText({ up, down }: { readonly up: number; readonly down: number }, of?: string): string {
  return `${down} of ${up + down} parts ${of === undefined ? '' : `of ${of} `}${down === 1 ? 'is' : 'are'} down`;
}

export function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'done':
      return 'done';
    case 'nothingToDo':
      return `nothing to do: ${ending.reason}`;
    case 'refused':
      return `refused, nothing was changed: ${ending.reason}`;
    case 'failed':
      return `${ending.changed === false ? 'failed, nothing was changed' : 'failed'}: ${ending.reason}`;
    case 'timedOut':
      return `timed out: ${ending.reason}`;
    case 'lost':
      return `lost: ${ending.reason}`;
    default:
      return unreachable(ending);
  }
}

import { describe, expect, it } from 'vitest';
import { offerKeyOf, offersOf } from '../../../functions/core/act/offers.ts';
import type { Offer } from '../../../functions/core/model/notice.ts';
import { noticeOf } from '../../../functions/core/notify/notice-of.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { incident, restartWorkers, settings, troubled } from '../../support/builders.ts';
import { configRunbooks } from '../../support/config-runbooks.ts';

const [FIRST, SECOND] = ['i-0000000000000001', 'i-0000000000000002'];
const using = settings({}, [restartWorkers(), ...configRunbooks()]);

const knownOn = (...hosts: string[]) => ({ snapshots: { orders: { runId: 'beside-1', hosts } } });
const names = (offers: readonly Offer[], kind: Offer['kind']) =>
  offers.flatMap((offer) => {
    if (offer.kind !== kind) return [];
    return [offer.kind === 'runnable' ? offer.request.runbookId : offer.runbookId];
  });

describe('what works on a copy of the configuration', () => {
  it('is not offered while no host is known to have one, and the card says why and how to get one', () => {
    const offers = offersOf(troubled(using), using);
    expect(names(offers, 'suggested').sort()).toEqual(['diff-config', 'rollback-config']);
    expect(names(offers, 'runnable').sort()).toEqual(['restart-workers', 'snapshot-config']);
    const advice = noticeOf(troubled(using), using)?.advice ?? [];
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatch(/^No copy of the configuration of orders is known.*"Keep configuration" makes one/);
  });

  it('says on the card why Runbell could not make one either', () => {
    const snapshots = { orders: { runId: 'run-1', hosts: [], failed: `${FIRST}: the disk is full` } };
    const [advice] = noticeOf(troubled(using, { snapshots }), using)?.advice ?? [];
    expect(advice).toMatch(/Runbell tries again, and last could not keep one on .*: the disk is full/);
  });

  it('is offered on those hosts that have one', () => {
    const both = offersOf(troubled(using, knownOn(FIRST, SECOND)), using);
    expect(names(both, 'suggested')).toEqual([]);
    const one = offersOf(troubled(using, knownOn(SECOND, 'i-00000000000000aa')), using);
    const rollback = one.find((offer) => offer.kind === 'runnable' && offer.request.runbookId === 'rollback-config');
    expect(rollback).toMatchObject({ request: { hosts: [SECOND], hostsTotal: 2 } });
  });

  it('makes cards stale that were drawn before a first copy was known, and not by another copy', () => {
    const keys = [troubled(using), troubled(using, knownOn(FIRST)), troubled(using, knownOn(FIRST, SECOND))];
    expect(new Set(keys.map((state) => offerKeyOf(state, using))).size).toBe(3);
    const later = { snapshots: { orders: { runId: 'beside-2', hosts: [FIRST] } } };
    expect(offerKeyOf(troubled(using, later), using)).toBe(offerKeyOf(troubled(using, knownOn(FIRST)), using));
  });

  it('is no advice where it would not fit the trouble', () => {
    const blind = {
      incident: incident({ reasons: [{ rule: 'unreadable', cause: 'denied', samples: 3 }] }),
    };
    expect(noticeOf(troubled(using, blind), using)?.advice).toEqual([]);
  });
});

describe('a runbook whose setting is missing', () => {
  const reload = restartWorkers({
    id: 'reload-web',
    parameters: [{ name: 'Unit', from: 'application.phpFpmUnit', description: 'Unit', pattern: '^[a-z-]{1,80}$' }],
  });
  const withUnit = (phpFpmUnit?: string): Settings => {
    const [application] = settings().config.applications;
    if (application === undefined) throw new Error('the configuration has an application');
    return settings({ applications: [{ ...application, ...(phpFpmUnit === undefined ? {} : { phpFpmUnit }) }] }, [
      reload,
    ]);
  };

  it('is told only where everything is told, instead of being refused after the click', () => {
    const notice = noticeOf(troubled(withUnit()), withUnit());
    expect(notice?.offers).toMatchObject([
      { kind: 'suggested', told: 'details', why: 'orders has no phpFpmUnit in runbell.config.ts' },
    ]);
    expect(notice?.advice).toEqual([]);
  });

  it('is offered once it is there', () => {
    expect(names(offersOf(troubled(withUnit('php-fpm')), withUnit('php-fpm')), 'runnable')).toEqual(['reload-web']);
  });
});

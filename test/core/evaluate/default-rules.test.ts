import { expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import { settings } from '../../support/builders.ts';

it('keeps the written-out default rules equal to those of the schema', () => {
  expect(DEFAULT_RULES).toEqual(settings().config.rules);
});

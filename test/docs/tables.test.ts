import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pageWithTable, TABLES } from '../tools/tables.ts';

describe('tables that are made from the code', () => {
  it.each(TABLES)('$page says what the code says today (node bin/launch.mjs test/tools/tables.ts)', async (table) => {
    expect(await pageWithTable(table)).toBe(readFileSync(table.page, 'utf8'));
  });
});

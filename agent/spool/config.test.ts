import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderTable } from '../../shared/config/render.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { spoolConfig } from './config.ts';

/** Column widths are the formatter's choice. */
const cells = (table: string): string => table.replaceAll(/ +|-{2,}/g, ' ').replaceAll(' |', '|');

test('the settings table of the README is the one that the schema gives', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const rows = cells(renderTable(spoolConfig)).split('\n').slice(2).filter(Boolean);
  for (const row of rows) assert.ok(cells(readme).includes(row), row);
});

test('defaults need no file', () => {
  assert.equal(readConfig(spoolConfig, {}).maxBytes, 512 * 1024 ** 2);
});

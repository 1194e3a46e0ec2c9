import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderTable } from '../../shared/config/render.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { RULES, rulesConfig } from './index.ts';

test('every rule has defaults, a title in both languages and a name of its own', () => {
  const config = readConfig(rulesConfig, {});
  assert.equal(new Set(RULES.map((rule) => rule.name)).size, RULES.length);
  for (const rule of RULES) {
    assert.ok(config[rule.name], rule.name);
    assert.ok(rule.title.zh && rule.title.en, rule.name);
  }
});

test("every rule's page holds the table of its settings as the schema says it", () => {
  for (const rule of RULES) {
    const page = readFileSync(join(import.meta.dirname, rule.name, 'README.md'), 'utf8');
    assert.ok(page.includes(renderTable(rule.config).trim()), `${rule.name}/README.md is out of date`);
  }
});

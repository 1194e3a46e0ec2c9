// Before and after: what weighs how, the verdict, and the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareInventories, isOlder } from './compare.ts';
import { renderHtml } from './html.ts';
import { type Fact, type Inventory, type Section, SECTIONS } from './inventory.ts';
import { renderComparison } from './words.ts';

type Given = Partial<Record<Section, Record<string, Record<string, Fact>>>>;

function made(given: Given, missing: Inventory['missing'] = []): Inventory {
  const sections = Object.fromEntries(
    SECTIONS.map((name) => [name, Object.entries(given[name] ?? {}).map(([key, facts]) => ({ key, facts }))]),
  ) as unknown as Inventory['sections'];
  return {
    format: 'niswatch-inventory-1',
    at: '2026-11-26T00:00:00.000Z',
    host: 'h',
    platform: 'linux',
    sections,
    missing,
  };
}

const OLD: Given = {
  volumes: { '/data': { totalBytes: 100, usedBytes: 40, availableBytes: 60 } },
  services: { nis: { running: true, start: 'enabled' }, spare: { running: false, start: 'enabled' } },
  ports: { 'tcp 80': { program: 'nginx', address: '0.0.0.0' } },
  versions: { mariadb: { version: '10.6.12' } },
  databases: { 'db/nis': { bytes: 1000, collation: 'utf8mb4_bin', version: '10.6.12' } },
  tables: { 'db/nis.patient': { rows: 120 } },
  tasks: { 'cron x': { schedule: '0 2 * * *', user: 'root' } },
};

function weighed(after: Given): [string, string[]] {
  const { verdict, differences } = compareInventories(made(OLD), made({ ...OLD, ...after }));
  return [verdict, differences.map((d) => `${d.weight} ${d.kind} ${d.key}${d.fact ? ` ${d.fact}` : ''}`)];
}

test('what a migration brings weighs nothing, what it loses stands against it', () => {
  const cases: [Given, string, string[]][] = [
    [{}, 'accepted', []],
    [{ volumes: { '/data': { totalBytes: 100, usedBytes: 70, availableBytes: 30 } } }, 'accepted', []],
    [{ versions: { mariadb: { version: '10.11.2' } } }, 'accepted', ['note changed mariadb version']],
    [{ versions: { mariadb: { version: '10.5.9' } } }, 'check', ['check changed mariadb version']],
    [{ tables: { 'db/nis.patient': { rows: 121 } } }, 'check', ['check changed db/nis.patient rows']],
    [{ tables: { 'db/nis.patient': { rows: 119 } } }, 'refused', ['fault changed db/nis.patient rows']],
    [
      { tables: { 'db/nis.patient': { unread: 'no right' } } },
      'refused',
      ['fault changed db/nis.patient rows', 'fault changed db/nis.patient unread'],
    ],
    [{ tables: {} }, 'refused', ['fault missing db/nis.patient']],
    [{ ports: {} }, 'refused', ['fault missing tcp 80']],
    [{ services: { nis: { running: true, start: 'enabled' } } }, 'check', ['check missing spare']],
    [
      { services: { ...OLD.services, nis: { running: false, start: 'enabled' } } },
      'refused',
      ['fault changed nis running'],
    ],
    [
      { tasks: { 'cron x': { schedule: '0 3 * * *', user: 'root' } } },
      'check',
      ['check changed cron x schedule'],
    ],
    [
      { databases: { 'db/nis': { bytes: 900, collation: 'utf8mb4_general_ci', version: '10.11.2' } } },
      'check',
      ['note changed db/nis bytes', 'check changed db/nis collation', 'note changed db/nis version'],
    ],
    [{ ports: { ...OLD.ports, 'tcp 81': {} } }, 'accepted', ['note new tcp 81']],
  ];
  for (const [after, verdict, want] of cases) assert.deepEqual(weighed(after), [verdict, want]);
});

test('what one of the two could not read is to be confirmed, never passed', () => {
  const after = made(OLD, [{ section: 'tasks', why: 'no right' }]);
  const { verdict, differences } = compareInventories(made(OLD), after);
  assert.deepEqual([verdict, differences[0]?.key], ['check', 'after: no right']);
});

test('versions are ordered by their numbers', () => {
  const cases: [string, string, boolean][] = [
    ['10.6.12', '10.11.2', false],
    ['10.11.2', '10.6.12', true],
    ['15.0.2000.5', '15.0.4312.2', false],
    ['8.0', '8.0.1', false],
    ['8.0.1', '8.0', true],
  ];
  for (const [before, after, want] of cases) assert.equal(isOlder(before, after), want, `${before} ${after}`);
});

test('the page stands alone, escapes what it shows, and is the same for the same input', () => {
  const comparison = compareInventories(
    made(OLD),
    made({ ...OLD, tasks: { 'cron <b>&': { schedule: 'x' } } }),
  );
  const page = renderHtml(comparison, 'zh');
  assert.equal(renderHtml(structuredClone(comparison), 'zh'), page);
  assert.match(page, /cron &lt;b&gt;&amp;/);
  assert.match(page, /不能验收/);
  assert.doesNotMatch(page, /<script|https?:\/\/|<b>/);
  assert.match(
    renderComparison(comparison, 'en'),
    /^Not to be accepted[\s\S]*# fault \(1\)\n {2}Scheduled tasks {2}cron x {2}missing/,
  );
});

// Taking stock: order, masks, crontabs, Windows answers, and what cannot be read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gather, masked, type Section } from './inventory.ts';
import { parseCrontab } from './linux.ts';
import { parseAnswer } from './windows.ts';

const BASE = { at: '2026-11-26T00:00:00.000Z', host: 'h', platform: 'linux' };

test('items stand in one order, two of one key are both kept, and a failing source is named', async () => {
  const item = (key: string, value: number) => ({ key, facts: { value } });
  const read = async () => [item('b', 1), item('a', 2), item('b', 0)];
  const fails = async () => Promise.reject(new Error('no right'));
  const sources = [
    { section: 'ports' as const, read },
    { section: 'tasks' as const, read: fails },
  ];
  const made = await gather({ ...BASE, sources });
  assert.deepEqual(made.sections.ports, [item('a', 2), item('b', 0), item('b #2', 1)]);
  assert.deepEqual(made.missing, [{ section: 'tasks', why: 'no right' }]);
  assert.deepEqual(await gather({ ...BASE, sources: sources.toReversed() }), made);
});

test('secrets of command lines are masked, the rest stays', () => {
  const cases: [string, string][] = [
    ['mysqldump -uroot -pGeheim nis > a.sql', 'mysqldump -uroot -p*** nis > a.sql'],
    ['find /x -print -path y; mkdir -p /z', 'find /x -print -path y; mkdir -p /z'],
    ['PGPASSWORD=abc pg_dump nis', 'PGPASSWORD=*** pg_dump nis'],
    ['job --password "a b" --token x', 'job --password *** --token ***'],
    ['curl https://me:pw@host/x', 'curl https://me:***@host/x'],
  ];
  for (const [command, want] of cases) assert.equal(masked(command), want);
});

test('crontabs: settings and comments are no tasks; the system’s own tables name the user', () => {
  const text = '# c\nMAILTO=root\n0  2 * * 1-5 nis /opt/backup.sh --full\n@daily root run it\n\nnonsense\n';
  assert.deepEqual(parseCrontab(text, 'crontab', undefined), [
    { key: 'cron crontab: /opt/backup.sh --full', facts: { schedule: '0 2 * * 1-5', user: 'nis' } },
    { key: 'cron crontab: run it', facts: { schedule: '@daily', user: 'root' } },
  ]);
  assert.deepEqual(parseCrontab('*/5 * * * * sync\n', 'nis', 'nis'), [
    { key: 'cron nis: sync', facts: { schedule: '*/5 * * * *', user: 'nis' } },
  ]);
});

const answer = (section: Section) =>
  parseAnswer(
    section,
    readFileSync(join(import.meta.dirname, 'fixtures', 'windows', `${section}.json`), 'utf8'),
  );

test('Windows: single objects, both address families, per-user services, text numbers', () => {
  assert.equal(answer('system').find((item) => item.key === 'memory')?.facts.bytes, 33_422_220 * 1024);
  assert.deepEqual(answer('volumes')[1], {
    key: 'D:',
    facts: {
      type: 'NTFS',
      totalBytes: 1_099_509_530_624,
      usedBytes: 549_753_716_736,
      availableBytes: 549_755_813_888,
    },
  });
  assert.deepEqual(
    answer('services').map((item) => [item.key, item.facts.running]),
    [
      ['MSSQLSERVER', true],
      ['W3SVC', true],
      ['CDPUserSvc', true],
    ],
  );
  assert.deepEqual(
    answer('ports').map((item) => item.key),
    ['tcp 1433', 'tcp 80'],
  );
  assert.deepEqual(
    answer('versions').map((item) => item.facts.version),
    ['', '14.16.27033.0'],
  );
  assert.deepEqual(answer('tasks'), [
    {
      key: 'task \\NIS备份',
      facts: {
        enabled: true,
        schedule: 'MSFT_TaskDailyTrigger 2024-01-01T02:00:00 1',
        command: 'cmd.exe /c D:\\jobs\\backup.cmd --password=***',
        user: 'SYSTEM',
      },
    },
  ]);
  assert.deepEqual(parseAnswer('ports', '\r\n'), []);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { dayWithout } from '../backups/sqlserver/example.ts';
import { fileReports, keepAll, setReport } from '../backups/state/testing.ts';
import { readPdf } from '../document/testing.ts';
import { openStage, type Stage, START_AT, tokenFor } from './testing/stage.ts';

const DAY = 86_400_000;
/** A day after the backups of the example. */
const TO = Date.UTC(2025, 2, 3, 16);

async function openWithBackups(t: TestContext): Promise<Stage> {
  const stage = await openStage();
  t.after(() => stage.close());
  const files = fileReports('nis', dayWithout('LOG_10.trn'), START_AT);
  await keepAll(stage.state, 'a1', START_AT, [
    ...files,
    setReport('nis', files, { at: START_AT, stands: 3 }),
    {
      of: 'finding',
      set: '',
      kind: 'database-without-set',
      key: 'nis_archive',
      text: 'no set covers it',
    },
  ]);
  await stage.state
    .insertInto('verdicts')
    .values([
      {
        hostId: 'a1',
        word: 'up',
        since: TO - 9 * DAY,
        until: TO - 2 * DAY,
        evidence: '[]',
        recordedAt: START_AT,
        revises: null,
      },
      {
        hostId: 'a1',
        word: 'down',
        since: TO - 2 * DAY,
        until: TO - DAY,
        evidence: '[]',
        recordedAt: START_AT,
        revises: null,
      },
      {
        hostId: 'a1',
        word: 'up',
        since: TO - DAY,
        until: null,
        evidence: '[]',
        recordedAt: START_AT,
        revises: null,
      },
    ])
    .execute();
  return stage;
}

interface Item {
  id: string;
  number: string;
  tone: string;
  madeBy: string;
  hospital: { name: string };
}

async function make(stage: Stage, headers: Record<string, string>, body: object): Promise<Response> {
  return await fetch(`${stage.url}/api/v1/reports`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const WANTED = { kind: 'backup-inspection', hospital: 'a', from: TO - 7 * DAY, to: TO };

test('a report is made, listed with who and when, and had in three forms, the same each time', async (t) => {
  const stage = await openWithBackups(t);
  const engineer = await tokenFor(stage, 'engineer');
  const answer = await make(stage, engineer, WANTED);
  assert.equal(answer.status, 201);
  const made = (await answer.json()) as Item;
  assert.deepEqual(
    [made.number, made.tone, made.hospital.name],
    ['BK-20260302-0001', 'bad', '市第一人民医院'],
  );
  const viewer = await tokenFor(stage, 'viewer', 'a');
  const list = (await (await fetch(`${stage.url}/api/v1/reports`, { headers: viewer })).json()) as {
    items: Item[];
  };
  assert.deepEqual(list.items, [made]);
  for (const format of ['pdf', 'docx', 'html']) {
    const get = () =>
      fetch(`${stage.url}/api/v1/reports/${made.id}/file?format=${format}`, { headers: viewer });
    const [first, second] = [await get(), await get()];
    const bytes = Buffer.from(await first.arrayBuffer());
    assert.ok(bytes.equals(Buffer.from(await second.arrayBuffer())), format);
    assert.equal(first.headers.get('etag'), `"${createHash('sha256').update(bytes).digest('hex')}"`);
    assert.match(first.headers.get('content-disposition') ?? '', /^attachment; filename="BK-20260302-0001\./);
    if (format === 'pdf') assert.ok(sayingAll(readPdf(bytes, 'pdftotext', ['-layout'])));
  }
});

/** What the records above must lead to. */
function sayingAll(text: string): boolean {
  for (const words of [
    '市第一人民医院',
    '运行中的数据库未纳入备份',
    'nis_archive',
    '不可恢复的时段',
    '主机宕机',
    '1 天',
    'LOG_14.trn',
  ])
    assert.ok(text.includes(words), words);
  return true;
}

test('the next report compares itself with the one before; numbers go on', async (t) => {
  const stage = await openWithBackups(t);
  const engineer = await tokenFor(stage, 'engineer');
  await (await make(stage, engineer, { ...WANTED, to: TO - DAY })).json();
  const second = (await (await make(stage, engineer, { ...WANTED, language: 'en' })).json()) as Item;
  assert.equal(second.number, 'BK-20260302-0002');
  const file = await fetch(`${stage.url}/api/v1/reports/${second.id}/file?format=html`, {
    headers: engineer,
  });
  assert.match(await file.text(), /Against report BK-20260302-0001: 0 new, \d+ staying, 0 settled\./);
});

const WRONG: [body: object, status: number, message: RegExp][] = [
  [{ ...WANTED, kind: 'nothing' }, 400, /there is no report nothing/],
  [{ ...WANTED, from: TO }, 400, /from before to/],
  [{ ...WANTED, from: 0 }, 400, /400 days/],
  [{ ...WANTED, hospital: 'c' }, 404, /no hospital c/],
  [{ ...WANTED, language: 'de' }, 400, /language/],
];

test('a wrong request is refused by name, and a viewer makes none', async (t) => {
  const stage = await openWithBackups(t);
  const engineer = await tokenFor(stage, 'engineer');
  for (const [body, status, message] of WRONG) {
    const answer = await make(stage, engineer, body);
    assert.equal(answer.status, status);
    assert.match(await answer.text(), message);
  }
  assert.equal((await make(stage, await tokenFor(stage, 'viewer', 'a'), WANTED)).status, 403);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDocument } from '../../document/render.ts';
import { readPdf } from '../../document/testing.ts';
import { plainText, type ReportDocument } from '../../document/document.ts';
import { textsOf } from '../../document/glyphs.ts';
import { bytes, formatFor } from './format.ts';
import { inspectionDocument } from './inspection-document.ts';
import { judge } from './judge.ts';
import { lookAtRuns, plannedStarts } from './runs.ts';
import { DAY, dailyFiles, fileOf, FROM, hostOf, HOUR, inputOf, setOf, TO, wideInput } from './testing.ts';
import { scheduleWords } from './words/schedule.ts';

const allText = (document: ReportDocument): string =>
  textsOf(document)
    .map(([, text]) => text)
    .join('\n');

for (const language of ['zh', 'en'] as const) {
  test(`the whole report can be set in ${language}, and says every finding, rung and source`, async () => {
    const input = wideInput(language);
    const document = inspectionDocument(input);
    const text = allText(document);
    const { findings } = judge(input);
    assert.ok(findings.length > 15);
    for (const { number } of findings) assert.match(text, new RegExp(`^Q${number}$`, 'm'));
    const referred = new Set([...text.matchAll(/\b[FR]\d+\b/g)].map(([mark]) => mark));
    const listed = document.blocks
      .filter((b) => b.block === 'table' && b.small)
      .flatMap((b) => (b.block === 'table' ? b.rows.map((row) => plainText(row[0] ?? '')) : []));
    const shown = new Set(listed.flatMap((mark) => mark.split('–')));
    assert.deepEqual(
      [...referred].filter((mark) => !shown.has(mark)),
      [],
    );
    const page = readPdf(await renderDocument(document, 'pdf'), 'pdftotext').replaceAll(/\s/g, '');
    for (const set of input.hosts.flatMap((h) => h.sets)) assert.ok(page.includes(set.name), set.name);
  });
}

test('no English sentence of ours stands in the Chinese report, and no Chinese one in the English', () => {
  const ours = (input: Parameters<typeof inspectionDocument>[0]): string =>
    allText(inspectionDocument(input));
  const plain = (language: 'zh' | 'en') =>
    ours(inputOf({ language, hospital: { name: 'H', timeZone: 'UTC' }, preparedBy: 'p' }));
  assert.doesNotMatch(plain('en'), /[\u4e00-\u9fff]/);
  for (const word of ['Normal', 'Attention', 'Rung', 'restorable'])
    assert.ok(!plain('zh').includes(word), word);
});

test('the same data makes the same document; a second look changes nothing', () => {
  assert.deepEqual(inspectionDocument(wideInput()), inspectionDocument(wideInput()));
});

test('a hospital without any set gets a report that says that nothing can be confirmed', async () => {
  const document = inspectionDocument(inputOf({ hosts: [hostOf({ sets: [] })] }));
  assert.ok((await renderDocument(document, 'pdf')).length > 10_000);
  assert.match(allText(document), /总评：无法确认/);
});

test('a file name that the font cannot show is spelt out and stops nothing', async () => {
  const file = fileOf({ name: '备份😀.bak', at: TO - DAY, bytes: 5 });
  const document = inspectionDocument(
    inputOf({ hosts: [hostOf({ sets: [setOf({ files: [...dailyFiles(30), file] })] })] }),
  );
  assert.ok((await renderDocument(document, 'html')).includes('备份&lt;U+1F600&gt;.'));
});

test('thousands of sound log backups take a row a day; those with defects stand alone', () => {
  const logs = Array.from({ length: 2880 }, (_, i) =>
    fileOf({
      name: `LOG_${i}.trn`,
      at: FROM + i * (HOUR / 4),
      bytes: 100,
      kind: 'log',
      content: i === 700 ? 'CORRUPT' : 'VERIFIED',
    }),
  );
  const document = inspectionDocument(inputOf({ hosts: [hostOf({ sets: [setOf({ files: logs })] })] }));
  const table = document.blocks.find((b) => b.block === 'table' && b.columns[1]?.title.startsWith('文件'));
  assert.ok(table?.block === 'table');
  assert.equal(table.rows.length, 31);
  assert.match(plainText(table.rows[0]?.[1] ?? ''), /LOG_700/);
});

test('files from before the set was watched tell of a missing one within their row, and of none before it', () => {
  const runAt = (day: number): number => FROM + day * DAY + 2 * HOUR + 30 * 60_000;
  const days = [2, 14, 15, 17, 18, 19];
  const files = days.map((day) => ({
    path: `/backup/nis-${day}.bak`,
    bytes: 1_000,
    modifiedAt: runAt(day),
    at: runAt(day),
  }));
  const seen = lookAtRuns(setOf({ files }), inputOf(), FROM + 20 * DAY);
  const missed = seen.missed.map((at) => Math.floor((at - FROM) / DAY));
  assert.deepEqual(missed.slice(0, 2), [16, 20]);
});

test('runs are counted once, whoever tells of them; a start without a run is missed', () => {
  const files = dailyFiles(30).toSpliced(20, 1);
  const told = files.slice(5, 8).map((f) => ({
    source: 'msdb' as const,
    kind: 'full' as const,
    database: 'NIS',
    startedAt: f.modifiedAt - 60_000,
    finishedAt: f.modifiedAt,
    ok: true,
    toldAt: f.modifiedAt,
  }));
  const seen = lookAtRuns(setOf({ files, runs: told }), inputOf());
  assert.deepEqual([seen.runs.length, seen.planned.length], [29, 30]);
  assert.deepEqual(seen.missed, [FROM + 20 * DAY + 2 * HOUR]);
});

test('planned starts follow the hospital’s zone, through a change of summer time as well', () => {
  const day = Date.UTC(2026, 2, 28, 23);
  const berlin = plannedStarts('30 4 * * *', 'Europe/Berlin', { from: day, to: day + 2 * DAY });
  assert.deepEqual(
    berlin.map((at) => new Date(at).toISOString()),
    ['2026-03-29T02:30:00.000Z', '2026-03-30T02:30:00.000Z'],
  );
  assert.equal(plannedStarts('0 2 * * *', 'Asia/Shanghai', { from: FROM, to: TO })[0], FROM + 2 * HOUR);
  assert.deepEqual(plannedStarts('nonsense', 'UTC', { from: FROM, to: TO }), []);
});

test('sizes, durations and times are printed exactly', () => {
  const zh = formatFor('zh', 'Asia/Shanghai');
  assert.deepEqual([0, 1023, 1536, 44 * 1024 ** 3].map(bytes), ['0 B', '1023 B', '1.50 KiB', '44.0 GiB']);
  assert.deepEqual(
    [0, 59_000, 3_600_000, 93_784_000].map((ms) => zh.duration(ms)),
    ['0 秒', '59 秒', '1 小时', '1 天 2 小时'],
  );
  assert.equal(zh.time(FROM), '2026-11-01 00:00');
  assert.equal(zh.count(1_234_567), '1,234,567');
});

test('a schedule is said in words where it is simple', () => {
  const words = {
    hourly: (m: string) => `h${m}`,
    daily: (t: string) => `d${t}`,
    weekly: (d: number, t: string) => `w${d} ${t}`,
  };
  const check = (cron: string, want: string): void => assert.equal(scheduleWords(cron, words), want);
  check('0 2 * * *', 'd02:00 (0 2 * * *)');
  check('15 * * * *', 'h15 (15 * * * *)');
  check('30 23 * * 7', 'w0 23:30 (30 23 * * 7)');
  check('*/15 8-18 * * 1-5', '*/15 8-18 * * 1-5');
});

test('instants in what an agent told stand in the zone of the hospital, and nothing else of it is changed', () => {
  const { told } = formatFor('zh', 'Asia/Shanghai');
  assert.equal(told('a.dump of 2026-11-26T16:56:16.356Z'), 'a.dump of 2026-11-27 00:56');
  assert.equal(
    told('x_2026-11-26T16.bak, 2026-99-26T16:56:16Z'),
    'x_2026-11-26T16.bak, 2026-99-26T16:56:16Z',
  );
});

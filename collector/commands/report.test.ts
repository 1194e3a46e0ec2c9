import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { isNamedError } from '../../shared/errors.ts';
import { readPdf } from '../document/testing.ts';
import { openRenderer } from '../reports/renderer.ts';
import { openState } from '../state/state.ts';
import { type Invocation, parseCommandLine } from './options.ts';
import { REPORT_SPECS, runReport } from './report.ts';

async function opened(t: TestContext) {
  const state = await openState(':memory:');
  const renderer = openRenderer();
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-report-'));
  const clock = manualClock(Date.UTC(2026, 10, 26, 8));
  await state
    .insertInto('hospitals')
    .values({ id: 'a', name: '县医院', timeZone: 'Asia/Shanghai', createdAt: 0 })
    .execute();
  t.after(async () => {
    await renderer.close();
    await state.destroy();
    rmSync(folder, { recursive: true });
  });
  const run = (...argv: string[]) =>
    runReport(parseCommandLine(REPORT_SPECS, ['report', ...argv]) as Invocation, { clock, renderer }, state);
  return { run, folder };
}

test('writes the report where it was told to, in the form that the file’s name says', async (t) => {
  const { run, folder } = await opened(t);
  const out = join(folder, 'r.pdf');
  const made = await run(
    'backup-inspection',
    '--hospital',
    '县医院',
    '--from',
    '2026-11-01',
    '--to',
    '2026-11-08',
    '--out',
    out,
  );
  assert.match(made.text, /^BK-20261126-0001: .*r\.pdf \(pdf, \d+ bytes\)/);
  const text = readPdf(readFileSync(out), 'pdftotext', ['-layout']);
  assert.match(text, /2026-11-01 00:00 至 2026-11-08 00:00/);
  assert.match(text, /总评：无法确认/);
  const html = join(folder, 'r.html');
  await run('backup-inspection', '--hospital', '县医院', '--lang', 'en', '--out', html);
  assert.match(readFileSync(html, 'utf8'), /Backup inspection report/);
});

const WRONG: [argv: string[], message: RegExp][] = [
  [['--hospital', '县医院', '--out', '/x.pdf'], /exactly one KIND/],
  [['backup-inspection', '--out', '/x.pdf'], /--hospital is missing/],
  [['backup-inspection', '--hospital', '县医院'], /--out is missing/],
  [['backup-inspection', '--hospital', '没有', '--out', '/x.pdf'], /there is no hospital 没有/],
  [['nothing', '--hospital', '县医院', '--out', '/x.pdf'], /there is no report nothing/],
  [['backup-inspection', '--hospital', '县医院', '--out', '/x.pdf', '--format', 'odt'], /--format odt/],
  [['backup-inspection', '--hospital', '县医院', '--out', '/x.pdf', '--from', 'noon'], /--from noon/],
  [['backup-inspection', '--hospital', '县医院', '--out', '/x.pdf', '--lang', 'de'], /--lang de/],
  [['backup-inspection', '--hospital', '县医院', '--out', '/no/such/x.html'], /--out \/no\/such/],
];

test('a wrong call is refused and names the option', async (t) => {
  const { run } = await opened(t);
  for (const [argv, message] of WRONG)
    await assert.rejects(run(...argv), (e) => isNamedError(e) && message.test(e.message), argv.join(' '));
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Reading } from '../probe.ts';
import { FEED } from './feed.ts';
import { parseMarker } from './marker.ts';

const signal = new AbortController().signal;
const MINUTE_MS = 60_000;

function place(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-feed-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const clock = manualClock();
  return {
    path,
    clock,
    file(name: string, minutes: number, text = ''): string {
      const full = join(path, name);
      writeFileSync(full, text);
      const at = (clock.now() - minutes * MINUTE_MS) / 1000;
      utimesSync(full, at, at);
      return full;
    },
    probe: (...feeds: Record<string, unknown>[]) =>
      FEED.open(
        readConfig(FEED.config, { feeds: feeds.map((feed) => ({ name: 'f', ...feed })) }),
        openHost({ clock }),
      ),
  };
}

function valueOf(reading: Reading, metric: string, name = 'f'): number | undefined {
  return reading.samples.find((sample) => sample.metric === metric && sample.labels?.name === name)?.value;
}
function statusOf(reading: Reading, name = 'f'): string | undefined {
  return reading.checks?.find((check) => check.id === `feed:${name}`)?.status;
}

test('tells the age of the newest file that matches', async (t) => {
  const at = place(t);
  at.file('old.xml', 50);
  at.file('new.xml', 10);
  at.file('other.txt', 1);
  const reading = await at.probe({ folder: at.path, pattern: '*.xml' }).read(signal);
  assert.equal(valueOf(reading, 'feed_age_seconds'), 600);
  assert.equal(valueOf(reading, 'feed_up'), 1);
  assert.equal(statusOf(reading), 'ok');
});

test('turns critical when no newer file comes', async (t) => {
  const at = place(t);
  at.file('a.xml', 10);
  const probe = at.probe({ folder: at.path, maxAge: '30m' });
  await probe.read(signal);
  at.clock.advance(21 * MINUTE_MS);
  const reading = await probe.read(signal);
  assert.equal(statusOf(reading), 'critical');
  assert.match(reading.checks?.[0]?.text ?? '', /已 31 分钟没有新数据（上限 30 分钟）/);
});

test('remembers the newest file after the receiving program took it away', async (t) => {
  const at = place(t);
  const file = at.file('a.xml', 1);
  const probe = at.probe({ folder: at.path });
  await probe.read(signal);
  rmSync(file);
  at.clock.advance(MINUTE_MS);
  assert.equal(valueOf(await probe.read(signal), 'feed_age_seconds'), 120);
});

test('does not judge an empty folder before it was watched for as long as data may take', async (t) => {
  const at = place(t);
  const probe = at.probe({ folder: at.path, maxAge: '30m' });
  assert.equal(statusOf(await probe.read(signal)), 'unknown');
  at.clock.advance(31 * MINUTE_MS);
  assert.equal(statusOf(await probe.read(signal)), 'critical');
});

test('goes by the time of a marker file or by the time written in it', async (t) => {
  const at = place(t);
  const now = new Date(at.clock.now() - 5 * MINUTE_MS).toISOString();
  const marker = at.file('last-run', 20, `${now}\nrows 17\n`);
  const reading = await at
    .probe({ name: 'written', marker }, { name: 'content', marker, markerTime: 'content' })
    .read(signal);
  assert.equal(valueOf(reading, 'feed_age_seconds', 'written'), 1_200);
  assert.equal(valueOf(reading, 'feed_age_seconds', 'content'), 300);
});

test('says that a feed cannot be read and reads the others', async (t) => {
  const at = place(t);
  const reading = await at
    .probe(
      { name: 'gone', folder: join(at.path, 'gone') },
      { name: 'no time', marker: at.file('m', 1, 'hello'), markerTime: 'content' },
      { name: 'here', marker: at.file('n', 1) },
    )
    .read(signal);
  assert.deepEqual(
    ['gone', 'no time', 'here'].map((name) => [statusOf(reading, name), valueOf(reading, 'feed_up', name)]),
    [
      ['unknown', 0],
      ['unknown', 0],
      ['ok', 1],
    ],
  );
  assert.deepEqual(
    reading.errors?.map((error) => error.code),
    ['PROBE_SUBJECT_MISSING', 'PROBE_FAILED'],
  );
  assert.ok(!JSON.stringify(reading).includes('hello'));
});

test('warns of data from the future in place of calling it fresh', async (t) => {
  const at = place(t);
  const reading = await at.probe({ marker: at.file('m', -90) }).read(signal);
  assert.equal(statusOf(reading), 'warning');
  assert.equal(valueOf(reading, 'feed_age_seconds'), 0);
});

test('refuses a feed with neither folder nor marker, naming it', (t) => {
  assert.throws(() => place(t).probe({}), {
    code: 'CONFIG_BAD_VALUE',
    message: /f needs either folder or marker/,
  });
});

const AT = Date.UTC(2026, 2, 4, 5, 6, 7);
const MARKERS: [text: string, want: number | undefined][] = [
  ['2026-03-04T05:06:07Z', AT],
  ['2026-03-04T13:06:07+08:00\r\nmore', AT],
  ['\uFEFF2026-03-04 05:06:07Z', AT],
  [String(AT / 1000), AT],
  [String(AT), AT],
  ['2026/3/4 05:06:07', Date.parse('2026-03-04T05:06:07')],
  ['20260304050607', Date.parse('2026-03-04T05:06:07')],
  ['20260304', Date.parse('2026-03-04T00:00:00')],
  ['2026-13-45 05:06:07', undefined],
  ['yesterday', undefined],
  ['', undefined],
];
for (const [text, want] of MARKERS) {
  test(`reads ${JSON.stringify(text)} as ${want === undefined ? 'no time' : 'a time'}`, () => {
    assert.equal(parseMarker(text), want);
  });
}

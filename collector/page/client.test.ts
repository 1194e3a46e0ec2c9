import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostItem } from '../api/shapes.ts';
import {
  badness,
  groupHosts,
  inTally,
  matches,
  needsAttention,
  TALLIES,
  tallyOf,
} from './client/board/rank.ts';
import { ago, bytes, dateTime, shortRate, span } from './client/format.ts';
import { rowsOf } from './client/host/rows.ts';
import { givenTime, linesOf, lonePlaces, summaryOf, toGrid } from './client/host/series.ts';
import { addressOf } from './client/address.ts';
import { en } from './client/text/en.ts';
import { zh } from './client/text/zh.ts';

function host(id: string, word: HostItem['verdict']['word'], more: Partial<HostItem> = {}): HostItem {
  return {
    id,
    name: `主机 ${id}`,
    hospital: { id: 'a', name: '市一院' },
    timeZone: 'Asia/Shanghai',
    verdict: { word, since: 0, evidence: [] },
    lastHeardAt: null,
    agentVersion: '0.1.0',
    hostname: `nis-${id}`,
    os: 'Debian 12',
    bootAt: null,
    offsetMs: null,
    alerts: { critical: 0, warning: 0 },
    at: null,
    cpu: null,
    mem: null,
    disks: [],
    services: { up: 0, total: 0 },
    backups: { ok: 0, total: 0 },
    ...more,
  };
}

describe('the board', () => {
  test('puts a silent host before a critical alert, and that before a warning', () => {
    const order = [
      host('down', 'down'),
      host('site', 'site-silent'),
      host('silent', 'silent'),
      host('many', 'up', { alerts: { critical: 9, warning: 0 } }),
      host('suspect', 'suspect'),
      host('one', 'up', { alerts: { critical: 1, warning: 0 } }),
      host('warned', 'up', { alerts: { critical: 0, warning: 1 } }),
      host('full', 'up', { disks: [{ path: '/', usedPercent: 97 }] }),
      host('calm', 'up'),
    ];
    const sorted = order.toReversed().sort((a, b) => badness(b) - badness(a));
    assert.deepEqual(
      sorted.map((h) => h.id),
      order.map((h) => h.id),
    );
  });

  test('counts every host in exactly one place', () => {
    const hosts = (
      [
        'up',
        'suspect',
        'silent',
        'down',
        'site-silent',
        'mass-silent',
        'stopped',
        'agent-lost',
        'shutdown',
        'collector-away',
        'never-seen',
      ] as const
    ).map((word) => host(word, word));
    for (const h of hosts) {
      const places = TALLIES.filter((t) => t !== 'critical' && t !== 'warning' && inTally(h, t));
      assert.equal(places.length, 1, h.id);
    }
    assert.equal(tallyOf(hosts, 'up') + tallyOf(hosts, 'silent') + tallyOf(hosts, 'other'), hosts.length);
  });

  test('does not call for attention because the collector itself was away', () => {
    assert.equal(needsAttention(host('x', 'collector-away')), false);
    assert.equal(needsAttention(host('x', 'never-seen')), false);
    assert.equal(needsAttention(host('x', 'silent')), true);
  });

  test('shows the hospital with the worst host first', () => {
    const hosts = [
      host('1', 'up'),
      host('2', 'silent', { hospital: { id: 'b', name: '县医院' } }),
      host('3', 'stopped'),
    ];
    const groups = groupHosts(hosts, 'worst');
    assert.deepEqual(
      groups.map((g) => [g.id, g.hosts.map((h) => h.id)]),
      [
        ['b', ['2']],
        ['a', ['3', '1']],
      ],
    );
  });

  test('finds by every word, in any field', () => {
    assert.equal(matches(host('7', 'up'), '市一 debian'), true);
    assert.equal(matches(host('7', 'up'), '市一 windows'), false);
    assert.equal(matches(host('7', 'up'), ''), true);
  });
});

describe('charts', () => {
  test('know which values no line leads to', () => {
    const check = (values: (number | null)[], want: number[]) => assert.deepEqual(lonePlaces(values), want);
    check([], []);
    check([null, 0], [1]);
    check([1, null, null, 4], [0, 3]);
    check([1, 2, null, 4, null, 6, 7], [3]);
  });

  const series = [
    {
      key: 'd{path="/"}',
      name: 'd',
      labels: { path: '/' },
      points: [
        [0, 1, 2, 3],
        [20, 4, 5, 6],
      ],
    },
    { key: 'd{path="/data"}', name: 'd', labels: { path: '/data' }, points: [[10, 70, 80, 90]] },
  ];

  test('leave a place without data empty', () => {
    const grid = toGrid(
      { from: 0, to: 40, step: 10 },
      linesOf(series, 'd', (l) => l.path ?? ''),
    );
    assert.deepEqual(grid.times, [0, 0.01, 0.02, 0.03]);
    assert.deepEqual(
      grid.lines.map((l) => [l.label, l.mean]),
      [
        ['/data', [null, 80, null, null]],
        ['/', [2, null, 5, null]],
      ],
    );
  });

  test('ignore points outside of the range', () => {
    const grid = toGrid(
      { from: 10, to: 20, step: 10 },
      linesOf(series, 'd', (l) => l.path ?? ''),
    );
    assert.deepEqual(grid.lines[1]?.mean, [null]);
  });

  test('say newest, lowest and highest in words', () => {
    const grid = toGrid(
      { from: 0, to: 40, step: 10 },
      linesOf(series, 'd', (l) => l.path ?? ''),
    );
    assert.deepEqual(grid.lines.map(summaryOf), [
      { last: 80, min: 70, max: 90 },
      { last: 5, min: 1, max: 6 },
    ]);
    assert.deepEqual(summaryOf({ label: 'x', mean: [null], min: [null], max: [null] }), {
      last: null,
      min: null,
      max: null,
    });
  });
});

test('a table has one row per subject that a value or a check names, the worst first', () => {
  const check = (id: string, status: 'ok' | 'critical') => ({
    id,
    status,
    text: null,
    since: 0,
    updatedAt: 0,
  });
  const rows = rowsOf(
    { 'service_up{name="nginx"}': 1, 'service_up{name="a{b\\"c"}': 1, mem_used: 5, 'disk_used{path="/"}': 3 },
    [check('service:nginx', 'ok'), check('service:gone', 'critical'), check('disk:/', 'critical')],
    ['service_up'],
    'name',
    'service',
  );
  assert.deepEqual(
    rows.map((r) => [r.name, r.values.service_up, r.check?.status]),
    [
      ['gone', undefined, 'critical'],
      ['a{b"c', 1, undefined],
      ['nginx', 1, 'ok'],
    ],
  );
});

describe('figures for people', () => {
  test('sizes count in 1024 and are written as people say them', () => {
    for (const [value, text] of [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.00 KB'],
      [19_971_597_926, '18.6 GB'],
      [2 * 1024 ** 4, '2.00 TB'],
      [null, '–'],
    ] as const)
      assert.equal(bytes(value), text);
    assert.equal(shortRate(500 * 1024), '500 KB/s');
    assert.equal(shortRate(10 * 1024 ** 2), '10 MB/s');
  });

  test('spans name the two largest units', () => {
    for (const [ms, chinese, english] of [
      [5000, '5 秒', '5 s'],
      [61_000, '1 分钟', '1 min'],
      [3_600_000 * 5, '5 小时', '5 h'],
      [3_600_000 * 5.5, '5 小时 30 分钟', '5 h 30 min'],
      [86_400_000 * 3 + 3_600_000, '3 天 1 小时', '3 d 1 h'],
      [-5, '0 秒', '0 s'],
    ] as const) {
      assert.equal(span(ms, zh), chinese);
      assert.equal(span(ms, en), english);
    }
    assert.equal(ago(60_000, zh), '1 分钟前');
    assert.equal(ago(100, en), 'just now');
    assert.equal(ago(3_600_000 * 5.5, zh), '5 小时前');
  });

  test('times are those of the hospital, not of the reader', () => {
    const at = Date.UTC(2026, 2, 1, 20, 5);
    assert.equal(dateTime(at, 'Asia/Shanghai', 'zh'), '2026/03/02 04:05');
    assert.equal(dateTime(at, 'Asia/Urumqi', 'zh'), '2026/03/02 02:05');
    assert.equal(dateTime(at, 'Asia/Shanghai', 'en'), '02/03/2026, 04:05');
  });
});

describe('links from dashboards', () => {
  const hosts = [
    host('h1', 'up'),
    { ...host('h2', 'up'), name: '主机 h1', hospital: { id: 'b', name: '县医院' } },
  ];
  const cases: [query: string, address: string | undefined][] = [
    ['hospital=市一院&host=主机 h1&from=1&to=2', '/hosts/h1?from=1&to=2'],
    ['hospital=县医院&host=主机 h1', '/hosts/h2'],
    ['hospital=县医院&host=主机 h1 (h2)', '/hosts/h2'],
    [
      'hospital=市一院&host=主机 h1&set=夜间 全备&from=1&to=2',
      '/hosts/h1/backups/%E5%A4%9C%E9%97%B4%20%E5%85%A8%E5%A4%87?from=1&to=2',
    ],
    ['alert=al-7&from=1&to=2', '/alerts/al-7?from=1&to=2'],
    ['view=alerts', '/alerts'],
    ['from=1&to=2', '/?from=1&to=2'],
    ['hospital=市一院&host=主机 h9', undefined],
  ];
  for (const [query, address] of cases)
    test(`${query} leads to ${address ?? 'nothing'}`, () => {
      assert.equal(addressOf(new URLSearchParams(query), hosts), address);
    });

  test('a time that makes no sense is none', () => {
    const given = (query: string) => givenTime(new URLSearchParams(query));
    assert.deepEqual(given('from=1000&to=2000'), { from: 1000, to: 2000 });
    for (const query of ['', 'from=1000', 'from=2000&to=1000', 'from=now-6h&to=now', 'from=&to='])
      assert.equal(given(query), undefined, query);
  });
});

// A lively fleet for the page's tests: hosts in every state, series with a hole, backups, alerts. Deterministic.

import { seriesKey } from '../../shared/catalogue.ts';
import { seedAlert, type Stage } from '../api/testing/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Wave {
  key: string;
  value: (atMs: number, i: number) => number;
}

const wave =
  (base: number, swing: number, periodMs: number, noise = 0) =>
  (at: number, i: number) =>
    base + swing * Math.sin((2 * Math.PI * at) / periodMs) + noise * (((i * 2_654_435_761) % 1000) / 1000);

function waves(scale: number): Wave[] {
  const counter = (perSecond: number) => (at: number, i: number) => (at / 1000) * perSecond + i * 9000;
  return [
    { key: 'cpu_usage_active', value: wave(22 * scale, 12, 20 * MINUTE, 14) },
    { key: 'cpu_usage_iowait', value: wave(3, 2, 13 * MINUTE, 2) },
    { key: 'mem_used_percent', value: wave(58 * scale, 3, 3 * HOUR, 0.6) },
    { key: 'swap_used_percent', value: () => 4 },
    { key: 'system_load1', value: wave(1.4, 0.8, 20 * MINUTE, 0.5) },
    { key: 'system_load5', value: wave(1.3, 0.5, 20 * MINUTE) },
    { key: 'system_load15', value: wave(1.2, 0.2, 20 * MINUTE) },
    ...[
      ['/', 46, 214],
      ['/data', 71 * scale, 1863],
    ].flatMap(([path = '/', used = 0, sizeGb = 0]) => disk(String(path), Number(used), Number(sizeGb))),
    { key: seriesKey('diskio_read_bytes', { name: 'sda' }), value: counter(180_000) },
    { key: seriesKey('diskio_write_bytes', { name: 'sda' }), value: counter(920_000) },
    { key: seriesKey('net_bytes_recv', { interface: 'eth0' }), value: counter(64_000) },
    { key: seriesKey('net_bytes_sent', { interface: 'eth0' }), value: counter(310_000) },
    ...['nis-app', 'mariadb', 'nginx'].flatMap((name, i) => [
      { key: seriesKey('service_up', { name }), value: () => 1 },
      { key: seriesKey('service_cpu_percent', { name }), value: wave(9 - 3 * i, 2, 9 * MINUTE) },
      { key: seriesKey('service_memory_rss', { name }), value: () => (3 - i) * 640 * 1024 ** 2 },
      { key: seriesKey('service_restarts', { name }), value: () => (i === 0 ? 1 : 0) },
    ]),
    ...backup('nis-full', 9.4 * 3600, 18.6 * 1024 ** 3, 14, 2),
    ...backup('nis-log', 0.3 * 3600, 212 * 1024 ** 2, 96, 2),
    { key: seriesKey('http_up', { target: 'https://nis.local/login' }), value: () => 1 },
    { key: seriesKey('http_status_code', { target: 'https://nis.local/login' }), value: () => 200 },
    {
      key: seriesKey('http_response_seconds', { target: 'https://nis.local/login' }),
      value: wave(0.18, 0.04, HOUR),
    },
    { key: seriesKey('http_cert_days', { target: 'https://nis.local/login' }), value: () => 86.4 },
    { key: seriesKey('port_up', { target: '127.0.0.1:3306' }), value: () => 1 },
    { key: seriesKey('port_connect_seconds', { target: '127.0.0.1:3306' }), value: () => 0.0021 },
    { key: seriesKey('witness_answer', { target: '院感备机' }), value: () => 2 },
    { key: seriesKey('feed_age_seconds', { name: 'LIS 检验结果' }), value: () => 140 },
    { key: seriesKey('feed_up', { name: 'LIS 检验结果' }), value: () => 1 },
  ];
}

function disk(path: string, used: number, sizeGb: number): Wave[] {
  return [
    { key: seriesKey('disk_used_percent', { path }), value: (_at, i) => used + i * 0.002 },
    { key: seriesKey('disk_free', { path }), value: () => sizeGb * 1024 ** 3 * (1 - used / 100) },
    { key: seriesKey('disk_total', { path }), value: () => sizeGb * 1024 ** 3 },
    { key: seriesKey('disk_inodes_used_percent', { path }), value: () => 11 },
  ];
}

function backup(set: string, age: number, size: number, copies: number, rung: number): Wave[] {
  return [
    { key: seriesKey('backup_age_seconds', { set }), value: () => age },
    { key: seriesKey('backup_size_bytes', { set }), value: () => size },
    { key: seriesKey('backup_copies', { set }), value: () => copies },
    { key: seriesKey('backup_writing', { set }), value: () => 0 },
    { key: seriesKey('backup_rung', { set }), value: () => rung },
  ];
}

export async function fillStage(stage: Stage): Promise<void> {
  const now = stage.clock.now();
  for (const [host, scale] of [
    ['a1', 1],
    ['a2', 0.4],
    ['b1', 1.3],
  ] as const)
    for (const { key, value } of waves(scale)) {
      const points = [];
      for (let at = now - 2 * HOUR, i = 0; at <= now; at += 15_000, i++) {
        const hole = host === 'a1' && at > now - 35 * MINUTE && at < now - 28 * MINUTE;
        if (!hole && (host !== 'b1' || at < now - 21 * MINUTE)) points.push({ at, value: value(at, i) });
      }
      stage.store.add(host, key, points);
    }
  setVerdicts(stage, now);
  await seedTrail(stage, now);
  for (const [hostId, word, heardMs] of [
    ['a1', 'up', 2000],
    ['a2', 'stopped', 8 * MINUTE],
    ['b1', 'down', 21 * MINUTE],
  ] as const)
    await stage.state
      .insertInto('liveness')
      .values({ hostId, word, since: now, lastHeardAt: now - heardMs, state: '{}', updatedAt: now })
      .execute();
  for (const [host, id, status, text] of [
    ['a1', 'backup:nis-full', 'ok', '最新文件 9 小时前，大小正常'],
    ['a1', 'backup:nis-log', 'ok', null],
    ['a1', 'service:nis-app', 'ok', null],
    ['a1', 'feed:LIS 检验结果', 'ok', null],
    ['b1', 'backup:nis-full', 'critical', '最新文件 52 小时前，超过 26 小时'],
  ] as const)
    await stage.state
      .insertInto('checks')
      .values({ hostId: host, checkId: id, status, text, since: now - 3 * HOUR, updatedAt: now })
      .execute();
  await seedAlert(stage.state, { id: 'al-1', host: 'b1', at: now - 20 * MINUTE });
  await seedAlert(stage.state, {
    id: 'al-2',
    host: 'a1',
    at: now - 3 * HOUR,
    severity: 'warning',
    subject: '/data',
  });
}

function setVerdicts(stage: Stage, now: number): void {
  const heard = (at: number, zh: string, en: string, kind = 'last-heard') => ({ at, kind, text: { zh, en } });
  stage.setVerdict('a1', {
    word: 'up',
    since: now - 28 * MINUTE,
    evidence: [
      heard(
        now - 28 * MINUTE,
        '重新收到报告，缓存的数据已补传',
        'Heard again; the spool was sent afterwards',
      ),
    ],
  });
  stage.setVerdict('a2', {
    word: 'stopped',
    since: now - 8 * MINUTE,
    evidence: [heard(now - 8 * MINUTE, '探针告知：按要求停止', 'The agent said goodbye: stop', 'goodbye')],
  });
  stage.setVerdict('b1', {
    word: 'down',
    since: now - 20 * MINUTE,
    evidence: [
      heard(now - 21 * MINUTE, '最后一次收到任何数据', 'Last frame of any kind'),
      heard(
        now - 20 * MINUTE - 30_000,
        '连接中断，没有告别',
        'The connection broke without goodbye',
        'closed-without-goodbye',
      ),
      heard(
        now - 20 * MINUTE,
        '同院主机 院感备机 探测本机：多次连接均无应答',
        'Probed by nis-standby of the same hospital: it did not answer repeated tries',
        'witness-nothing',
      ),
    ],
  });
}

async function seedTrail(stage: Stage, now: number): Promise<void> {
  const evidence = JSON.stringify([
    {
      at: now,
      kind: 'last-heard',
      text: { zh: '30 秒内没有收到任何数据', en: 'Nothing was heard for 30 s' },
    },
  ]);
  for (const [hostId, word, since, until, revises] of [
    ['a1', 'up', now - 26 * 24 * HOUR, now - 9 * 24 * HOUR, null],
    ['a1', 'silent', now - 9 * 24 * HOUR, now - 8.8 * 24 * HOUR, null],
    ['a1', 'crashed', now - 9 * 24 * HOUR, now - 8.9 * 24 * HOUR, 2],
    ['a1', 'up', now - 8.9 * 24 * HOUR, now - 8.8 * 24 * HOUR, 2],
    ['a1', 'up', now - 8.8 * 24 * HOUR, now - 50 * HOUR, null],
    ['a1', 'agent-lost', now - 50 * HOUR, now - 41 * HOUR, null],
    ['a1', 'up', now - 41 * HOUR, now - 35 * MINUTE, null],
    ['a1', 'silent', now - 35 * MINUTE, now - 28 * MINUTE, null],
    ['a1', 'up', now - 28 * MINUTE, null, null],
  ] as const)
    await stage.state
      .insertInto('verdicts')
      .values({ hostId, word, since, until, evidence, recordedAt: since, revises })
      .execute();
}

// What every notifier must do, run against a real server of its kind. A unit's test gives the server and calls this.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { isNamedError } from '../../shared/errors.ts';
import type { Notice, Notifier } from './notifier.ts';

/** What the real server does with the next messages. */
export type Behaviour = 'accept' | 'busy' | 'refuse' | 'hang';

export interface Bench {
  notifier: Notifier;
  behave(behaviour: Behaviour): void;
  /** Keys of the notices that the server accepted, as it can tell them apart. */
  accepted(): readonly string[];
  /** Whole text of the accepted messages. */
  texts(): readonly string[];
  stop(): Promise<void>;
}

export function sampleNotice(changes: Partial<Notice> = {}): Notice {
  return {
    key: 'n0123456789abcdef',
    kind: 'firing',
    hospital: { id: 'p1', name: '市第一人民医院', timeZone: 'Asia/Shanghai' },
    host: { id: 'h1', name: 'nis-db' },
    alerts: [
      {
        id: 'a0123456789abcdef',
        rule: 'service-down',
        subject: 'nginx',
        severity: 'critical',
        state: 'firing',
        summary: { zh: '服务 nginx 已停止', en: 'Service nginx is down' },
        advice: { zh: '查看服务状态和最近日志，然后启动服务。', en: 'Read the log, then start it.' },
        evidence: { 'service_up{name="nginx"}': 0, readAt: Date.UTC(2026, 10, 21, 18, 13, 5) },
        firingAt: Date.UTC(2026, 10, 21, 18, 13, 10),
      },
    ],
    url: 'https://watch.example.com/hosts/h1',
    at: Date.UTC(2026, 10, 21, 18, 13, 13),
    ...changes,
  };
}

export function notifierContract(name: string, start: (t: TestContext) => Promise<Bench>): void {
  const send = (bench: Bench, notice: Notice): Promise<{ detail: string }> =>
    bench.notifier.send(notice, new AbortController().signal);

  test(`${name}: hands over an accepted notice and says what the channel answered`, async (t) => {
    const bench = await start(t);
    const receipt = await send(bench, sampleNotice());
    assert.notEqual(receipt.detail, '');
    assert.deepEqual(bench.accepted(), ['n0123456789abcdef']);
    assert.match(bench.texts()[0] ?? '', /服务 nginx 已停止/);
  });

  test(`${name}: gives the same notice the same key again`, async (t) => {
    const bench = await start(t);
    await send(bench, sampleNotice());
    await send(bench, sampleNotice());
    assert.equal(new Set(bench.accepted()).size, 1);
  });

  test(`${name}: a busy channel is to be tried again`, async (t) => {
    const bench = await start(t);
    bench.behave('busy');
    await assert.rejects(send(bench, sampleNotice()), (error) => isNamedError(error, 'CHANNEL_UNREACHABLE'));
    bench.behave('accept');
    await send(bench, sampleNotice());
    assert.equal(bench.accepted().length, 1);
  });

  test(`${name}: a refusal is final`, async (t) => {
    const bench = await start(t);
    bench.behave('refuse');
    await assert.rejects(send(bench, sampleNotice()), (error) => isNamedError(error, 'CHANNEL_REJECTED'));
  });

  test(`${name}: a channel that is not there is to be tried again`, async (t) => {
    const bench = await start(t);
    await bench.stop();
    await assert.rejects(send(bench, sampleNotice()), (error) => isNamedError(error, 'CHANNEL_UNREACHABLE'));
  });

  test(`${name}: tells a canary, and a recovery with both times`, async (t) => {
    const bench = await start(t);
    await send(bench, sampleNotice({ key: 'n1', kind: 'canary', alerts: [] }));
    const [alert] = sampleNotice().alerts;
    assert.ok(alert);
    const resolvedAt = alert.firingAt + 90_000;
    await send(
      bench,
      sampleNotice({ key: 'n2', kind: 'resolved', alerts: [{ ...alert, state: 'resolved', resolvedAt }] }),
    );
    assert.match(bench.texts()[0] ?? '', /通道自检/);
    assert.match(bench.texts()[1] ?? '', /恢复/);
  });

  test(`${name}: text of a host cannot break out of its place`, async (t) => {
    const bench = await start(t);
    const [alert] = sampleNotice().alerts;
    assert.ok(alert);
    const evil = '服务 x\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>';
    await send(bench, sampleNotice({ alerts: [{ ...alert, summary: { zh: evil, en: evil } }] }));
    assert.equal(bench.accepted().length, 1);
    assert.doesNotMatch(bench.texts()[0] ?? '', /^Bcc:/m);
  });
}

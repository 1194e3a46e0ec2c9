// An alert from end to end, with real parts: nginx, files, a tmpfs, an SMTP server, both programs as processes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dumpOf } from '../support/dump.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { openNginx } from '../support/nginx.ts';
import { startAgent, startCollector, temporaryFolder, until } from '../support/programs.ts';
import { atEnd } from '../support/scope.ts';
import { alertMails, firing, mailTo, resolved } from '../support/story.ts';

const FIRES_WITHIN_MS = 30_000;

/** Waits for the mail, then makes sure that no second one about the same thing follows it. */
async function oneMail(mailbox: Mailbox, about: string, word: string): Promise<string> {
  const matching = () => alertMails(mailbox, about).filter((m) => m.subject?.includes(word));
  await until(`a mail 【${word}】 about ${about}`, 30_000, () => matching().length > 0);
  const [mail] = matching();
  assert.equal(matching().length, 1);
  assert.match(`${mail?.subject}${mail?.text}`, /[\u4e00-\u9fff]{4}/);
  return `${mail?.subject}\n${mail?.text}`;
}

test('a killed service is one alert and one mail within 30 s, and one recovery mail when it is back', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, mailTo(mailbox));
  const service = await openNginx(t);
  await service.start();
  const agent = await startAgent(t, collector, {
    hospital: '市第一人民医院',
    config: {
      probes: {
        service: { services: [{ name: 'nginx', pidFile: service.pidFile }] },
        port: { targets: [{ name: 'web', port: service.port }] },
        http: { targets: [{ name: 'web', url: service.url }] },
      },
    },
  });
  const key = 'service_up{name="nginx"}';
  await until('service_up = 1', 30_000, async () => {
    const { values } = await collector.api<{ values: Record<string, number> }>(
      `/api/v1/hosts/${agent.hostId()}/latest`,
    );
    return values[key] === 1;
  });

  service.kill();
  const alert = await firing(collector, 'service-down', 'nginx', FIRES_WITHIN_MS);
  assert.equal(alert.severity, 'critical');
  assert.match(await oneMail(mailbox, 'nginx', '严重'), /市第一人民医院[\s\S]*nginx/);

  await service.start();
  await resolved(collector, alert.id, 60_000);
  await oneMail(mailbox, 'nginx', '恢复');
});

test('a backup set whose newest file grows too old is one alert; a new file resolves it', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, mailTo(mailbox));
  const folder = temporaryFolder(t, 'niswatch-backups');
  const write = (name: string, ageMs: number) => {
    const path = join(folder, name);
    const at = Date.now() - ageMs;
    writeFileSync(path, dumpOf(at));
    utimesSync(path, at / 1000, at / 1000);
  };
  const hour = 3_600_000;
  // Ages past its limit seconds after the agent has seen it fresh.
  write('nis-20261101.sql', 26 * hour - 15_000);
  await startAgent(t, collector, {
    config: {
      probes: {
        backup: {
          interval: '5s',
          sets: [{ name: 'nis-full', folder, pattern: 'nis-*.sql', maxAge: '26h', settle: '1s' }],
        },
      },
    },
  });
  const alert = await firing(collector, 'backup-old', 'nis-full', 60_000);
  assert.match(await oneMail(mailbox, 'nis-full', alert.severity === 'critical' ? '严重' : '警告'), /26/);
  write('nis-20261102.sql', 60_000);
  await resolved(collector, alert.id, 60_000);
  await oneMail(mailbox, 'nis-full', '恢复');
});

test('a volume filled past its limit is one alert with its figures; space freed resolves it', async (t) => {
  const mailbox = await startMailbox(t);
  const collector = await startCollector(t, mailTo(mailbox));
  const mount = join(temporaryFolder(t, 'niswatch-volume'), 'data');
  mkdirSync(mount);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mount], { encoding: 'utf8' });
  assert.equal(mounted.status, 0, `this story needs to mount a tmpfs (root): ${mounted.stderr}`);
  atEnd(t, () => spawnSync('umount', ['-l', mount]));
  await startAgent(t, collector, { config: { probes: { disk: { include: [mount], interval: '5s' } } } });

  const filler = join(mount, 'filler');
  writeFileSync(filler, Buffer.alloc(15.6 * 1024 ** 2));
  const alert = await firing(collector, 'disk-filling', mount, FIRES_WITHIN_MS);
  assert.equal(alert.severity, 'critical');
  assert.match(alert.summary.zh, /9[78]\.\d%/);
  await oneMail(mailbox, mount, '严重');
  rmSync(filler);
  await resolved(collector, alert.id, 90_000);
  await oneMail(mailbox, mount, '恢复');
});

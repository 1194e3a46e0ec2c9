import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { type Behaviour, type Bench, notifierContract, sampleNotice } from '../contract.ts';
import { renderLetter } from './letter.ts';
import { compose, mail } from './mail.ts';

interface Postbox extends Bench {
  mails: ParsedMail[];
}

async function start(t: TestContext): Promise<Postbox> {
  const mails: ParsedMail[] = [];
  const raw: string[] = [];
  let behaviour: Behaviour = 'accept';
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      simpleParser(stream).then((letter) => {
        const responseCode = { accept: 250, busy: 451, refuse: 554, hang: 451 }[behaviour];
        if (responseCode !== 250) return done(Object.assign(new Error('not now'), { responseCode }));
        mails.push(letter);
        raw.push(
          `${letter.headerLines.map((line) => line.line).join('\n')}\n\n${letter.subject}\n${letter.text}`,
        );
        done();
      }, done);
    },
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= new Promise<void>((done) => server.close(() => done())));
  t.after(stop);
  const { port } = server.server.address() as AddressInfo;
  const notifier = mail.open({
    host: '127.0.0.1',
    port,
    secure: 'plain',
    user: '',
    password: '',
    from: 'niswatch <watch@example.com>',
    to: ['duty@example.com', 'second@example.com'],
    timeout: 5_000,
  });
  return {
    notifier,
    mails,
    behave: (next) => void (behaviour = next),
    accepted: () => mails.map((letter) => String(letter.headers.get('x-niswatch-key'))),
    texts: () => raw,
    stop,
  };
}

notifierContract('mail', start);

test('writes who, what, since when in the hospital time zone, and what to do first', async (t) => {
  const box = await start(t);
  await box.notifier.send(sampleNotice(), new AbortController().signal);
  const [letter] = box.mails;
  assert.equal(letter?.subject, '【严重】市第一人民医院 nis-db：服务 nginx 已停止');
  assert.equal(letter?.messageId, '<n0123456789abcdef@example.com>');
  for (const part of [letter?.text ?? '', String(letter?.html)]) {
    assert.match(part, /2026-11-22 02:13:10/);
    assert.match(part, /先做什么/);
    assert.match(part, /https:\/\/watch\.example\.com\/hosts\/h1/);
  }
});

test('all mails about one alert refer to one thread', () => {
  const config = { from: 'watch@example.com', to: ['duty@example.com'] };
  const firing = compose(sampleNotice(), config);
  const resolved = compose(sampleNotice({ key: 'n2', kind: 'resolved' }), config);
  assert.deepEqual(firing.references, resolved.references);
  assert.notEqual(firing.messageId, resolved.messageId);
});

test('a header holds no line break, whatever a host is called', () => {
  const notice = sampleNotice({ host: { id: 'h1', name: 'nis\r\nBcc: x@y.z\u2028db' } });
  assert.doesNotMatch(renderLetter(notice).subject, /[\r\n\u2028]/);
});

test('escapes what comes from a host', () => {
  const [alert] = sampleNotice().alerts;
  assert.ok(alert);
  const evil = '<img src=x onerror=alert(1)>"&';
  const { html } = renderLetter(sampleNotice({ alerts: [{ ...alert, summary: { zh: evil, en: evil } }] }));
  assert.doesNotMatch(html, /<img/);
});

test('many alerts are one mail that says how many', () => {
  const [alert] = sampleNotice().alerts;
  assert.ok(alert);
  const warning = {
    ...alert,
    id: 'a2',
    severity: 'warning' as const,
    summary: { zh: '内存已用 96.0%', en: '' },
  };
  const letter = renderLetter(sampleNotice({ alerts: [warning, alert] }));
  assert.equal(letter.subject, '【严重】市第一人民医院 nis-db：服务 nginx 已停止 等 2 项');
  assert.match(letter.text, /内存已用 96\.0%/);
});

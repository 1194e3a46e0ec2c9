// HTTP as the collector hears it: the routes of agents and of the API in one server, over real state, access, enrolment and
// ingest. An input is the text of a request, so that a corpus file can be read: method, path, content type and who asks (an
// administrator's token when nobody is named), then the body.
//
//   POST /agent/v1/frames application/x-ndjson nobody
//   {"t":"hello",…,"sig":"$SIG"}
//
// `$SIG` stands for a signature made for this very request, `$CODE`, `$KEY` and `$PROOF` for an enrolment that would be granted.
// Promise under test: no answer is a 5xx, every refusal has a code, nothing unforeseen is logged, and the state database and
// the store take whatever was let through.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { enrolText, makeKeyPair, signer } from '../../../agent/identity/identity.ts';
import { createServer } from '../../../collector/api/server.ts';
import {
  openStage,
  seedAlert,
  type Stage,
  START_AT,
  tokenFor,
} from '../../../collector/api/testing/stage.ts';
import { type Enrolment, openEnrolment } from '../../../collector/enrolment/enrolment.ts';
import { agentRoutes } from '../../../collector/ingest/http.ts';
import { COLUMNS, openWorld, SERIES, type World } from '../../../collector/ingest/testing/world.ts';
import { ERRORS } from '../../../shared/errors.ts';
import { CHALLENGE_PATH, type CollectorFrame, ENROL_PATH, FRAMES_PATH } from '../../../shared/frame.ts';
import type { Shape, Target } from '../target.ts';

const AGENT = 'fuzzed';
const stream = 'cd'.repeat(16);
const json = (value: unknown): string => JSON.stringify(value);
const lines = (...frames: object[]): string => frames.map(json).join('\n');
/** State grows with what is let through: a fresh one now and then keeps each request as cheap as the first. */
const REQUESTS_PER_STAGE = 2000;

function agentSamples(at: number): string[] {
  const facts = { hostname: 'nis', os: 'linux', arch: 'x64', version: '0.1.0' };
  const enrolment = { code: '$CODE', publicKey: '$KEY', fingerprint: 'f2', proof: '$PROOF', facts };
  const hello = {
    t: 'hello',
    protocol: 1,
    agent: AGENT,
    sig: '$SIG',
    version: '0.1.0',
    boot: 'b1',
    at,
    bootAt: at - 1000,
    fingerprint: 'f1',
    journal: { startedAt: at, previousAliveAt: at - 5000, previousEnd: 'unknown', previousBoot: 'b0' },
    streams: [stream],
  };
  const report = { t: 'report', stream, seq: 0, series: SERIES, at, off: 0, boot: 'b1', v: [1, null] };
  const series = { t: 'series', id: SERIES, columns: COLUMNS };
  const checks = [{ id: 'service:x', status: 'critical', text: 'x' }];
  const events = [{ at, kind: 'service.down', subject: 'x', data: { pid: 1 } }];
  const gap = { t: 'gap', stream, from: 0, to: 4, reason: 'dropped', fromAt: at - 9, toAt: at };
  const clock = { t: 'clock', offsetMs: 1, rttMs: 1 };
  const post = `POST ${FRAMES_PATH} application/x-ndjson nobody\n`;
  return [
    `POST ${ENROL_PATH} application/json nobody\n${json(enrolment)}`,
    `POST ${ENROL_PATH} application/json nobody\n${json({ ...enrolment, name: 'nis-2', code: 'ABCD-EFGH' })}`,
    `POST ${CHALLENGE_PATH} application/json nobody\n${json({ agent: AGENT })}`,
    `${post}${lines(hello, series, report, { ...report, seq: 1, checks, events })}`,
    `${post}${lines(hello, clock, gap, series, { ...report, seq: 5 }, { t: 'beat', n: 1, at }, { t: 'goodbye', reason: 'stop' })}`,
    `${post}${lines(hello, { t: 'time', n: 0, a: at }, { ...report, series: '0'.repeat(16) })}`,
  ];
}

const hour = 3_600_000;
const API_SAMPLES = [
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /',
  'GET /login?link=abc nobody',
  'GET /assets/app.js nobody',
  'GET /api/openapi.json',
  'GET /api/v1/session',
  `POST /api/v1/session application/json nobody\n${json({ name: 'admin', password: 'x' })}`,
  'DELETE /api/v1/session - session',
  `POST /api/v1/session/first application/json nobody\n${json({ link: 'abc', name: 'eva', password: 'correct horse battery' })}`,
  `POST /api/v1/session/password application/json session\n${json({ current: 'staple horse battery', password: 'correct horse battery' })}`,
  'GET /api/v1/hosts?limit=10&hospital=a',
  'GET /api/v1/hosts - viewer',
  'GET /api/v1/hosts/a1',
  'GET /api/v1/hosts/a1/latest',
  'GET /api/v1/hosts/a1/checks',
  'GET /api/v1/hosts/a1/verdicts?limit=5&before=9',
  'GET /api/v1/hosts/a1/events?limit=5&before=9',
  `GET /api/v1/hosts/a1/availability?from=${START_AT - hour}&to=${START_AT}`,
  `GET /api/v1/series?host=a1&metric=mem_used_percent&from=${START_AT - hour}&to=${START_AT}&step=60000`,
  'GET /api/v1/series?host=a1&metric=mem_used_percent&from=2026-03-02T01:00:00Z&to=2026-03-02T02:00:00Z&step=5m',
  'GET /api/v1/alerts?state=firing,resolved&limit=5&host=a1&hospital=a',
  'GET /api/v1/alerts/alert-1',
  `POST /api/v1/alerts/alert-1/ack application/json\n${json({ note: '已处理' })}`,
  'GET /api/v1/hospitals',
  `POST /api/v1/hospitals application/json\n${json({ name: '医院', timeZone: 'Asia/Shanghai' })}`,
  `POST /api/v1/enrolments application/json\n${json({ hospital: 'a', hostName: 'nis-3' })}`,
  `POST /api/v1/enrolments application/json\n${json({ hospitalName: '新医院', host: 'a1' })}`,
  'GET /api/v1/users',
  `POST /api/v1/users application/json\n${json({ name: 'eva', password: 'correct horse battery', role: 'viewer', hospitalId: 'a' })}`,
  `PATCH /api/v1/users/u1 application/json\n${json({ role: 'engineer', disabled: true })}`,
  'GET /api/v1/tokens',
  `POST /api/v1/tokens application/json\n${json({ name: 'grafana', role: 'viewer', hospitalId: 'b' })}`,
  'DELETE /api/v1/tokens/t1',
  'GET /api/v1/audit?limit=5&before=9',
  'GET /api/v1/live?host=a1',
];

type Headers = Record<string, string>;

interface Room {
  stage: Stage;
  world: World;
  server: FastifyInstance;
  enrolment: Enrolment;
  faults: unknown[];
  who: Readonly<Record<string, Headers>>;
  signature(): Promise<string>;
}

async function openRoom(): Promise<Room> {
  const stage = await openStage();
  const world = await openWorld();
  const key = await world.enrol(AGENT);
  await seedAlert(stage.state, { id: 'alert-1', host: 'a1', at: START_AT });
  const faults: unknown[] = [];
  const log = { info() {}, warn() {}, error: (...fault: unknown[]) => void faults.push(fault) };
  const enrolment = openEnrolment({
    state: stage.state,
    clock: world.clock,
    random: randomBytes,
    collectorName: 'centre',
  });
  const server = await createServer({ ...stage.context, log });
  await server.register(agentRoutes({ ingest: world.ingest, enrolment, clock: world.clock, log }));
  const signature = async (): Promise<string> => {
    const answer = await server.inject({ method: 'POST', url: CHALLENGE_PATH, payload: { agent: AGENT } });
    const { nonce } = answer.json<Extract<CollectorFrame, { t: 'challenge' }>>();
    return world.dial(AGENT, key).helloFrame([stream], nonce).sig;
  };
  const who = {
    admin: await tokenFor(stage, 'admin'),
    viewer: await tokenFor(stage, 'viewer', 'a'),
    session: await sessionHeaders(stage),
    nobody: {},
  };
  return { stage, world, server, enrolment, faults, who, signature };
}

async function sessionHeaders({ context, clock }: Stage): Promise<Headers> {
  const now = clock.now();
  const password = 'staple horse battery';
  await context.access.users.add({ name: 'mia', password, role: 'engineer' }, { who: 'test', now });
  const { secret } = await context.access.login({ name: 'mia', password, address: '127.0.0.1' }, now);
  const principal = await context.access.sessions.find(secret, now);
  return { cookie: `niswatch_session=${secret}`, 'x-niswatch-csrf': principal?.csrf ?? '' };
}

async function closeRoom({ stage, world, server }: Room): Promise<void> {
  await server.close();
  await stage.close();
  await world.ingest.stop();
  await world.state.destroy();
}

/** A request by its lines: the head, then those of the body. */
const byLine: Shape = {
  open: (input) =>
    Buffer.from(input)
      .toString()
      .split('\n')
      .map((line) => Buffer.from(line)),
  close: (pieces) => Buffer.from(pieces.map((piece) => Buffer.from(piece).toString()).join('\n')),
};

export async function openHttp(): Promise<Target> {
  let room = await openRoom();
  let requests = 0;
  const run = async (input: Buffer): Promise<void> => {
    const request = parseRequest(input.toString());
    if (!request) return;
    if (++requests % REQUESTS_PER_STAGE === 0) {
      await closeRoom(room);
      room = await openRoom();
    }
    await ask(room, request);
  };
  return {
    name: 'http',
    samples: [...agentSamples(room.world.clock.now()), ...API_SAMPLES].map((text) => Buffer.from(text)),
    refuses: [],
    shape: byLine,
    run,
    share: 0.5,
    close: () => closeRoom(room),
  };
}

async function ask(room: Room, { method, url, type, who, body }: Request): Promise<void> {
  const { server, faults, world } = room;
  // The budgets of one address and one agent fill again: it is the bodies that are on trial here.
  world.clock.advance(20_000);
  const headers = { ...room.who[who], ...(type === undefined ? {} : { 'content-type': type }) };
  const payload = await filled(room, body);
  const failuresBefore = world.ingest.stats.storeFailures;
  const answer = await server.inject({ method, url, headers, payload } as InjectOptions);
  const what = `${answer.statusCode}: ${answer.body.slice(0, 300)}`;
  assert.ok(answer.statusCode < 500, what);
  assert.deepEqual(faults.splice(0), []);
  assert.deepEqual(world.store.broken.splice(0), []);
  assert.equal(world.ingest.stats.storeFailures, failuresBefore, 'what was let through could not be stored');
  world.store.entries.length = 0;
  if (answer.statusCode < 400 || !url.startsWith('/api/') || method === 'HEAD') return;
  const { code } = answer.json<{ error: { code: string } }>().error;
  assert.ok(Object.hasOwn(ERRORS, code), what);
}

async function filled({ signature, enrolment, world }: Room, body: string): Promise<string> {
  let text = body;
  if (text.includes('$SIG')) text = text.replaceAll('$SIG', await signature());
  if (!/\$(CODE|PROOF)/.test(text)) return text;
  const code = await enrolment.createCode({ hospitalId: 'a', who: 'fuzz', now: world.clock.now() });
  const keys = makeKeyPair();
  return text
    .replaceAll('$CODE', code)
    .replaceAll('$KEY', keys.publicKey)
    .replaceAll('$PROOF', signer(keys)(enrolText(code, keys.publicKey)));
}

interface Request {
  method: string;
  url: string;
  type: string | undefined;
  who: string;
  body: string;
}

/** Undefined when no client could send it. */
function parseRequest(text: string): Request | undefined {
  const end = text.indexOf('\n');
  const [method = '', url = '', type = '-', who = 'admin'] = (end < 0 ? text : text.slice(0, end)).split(' ');
  if (!/^(GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method) || !/^\/[!-~]*$/.test(url)) return undefined;
  if (!URL.canParse(url, 'http://x')) return undefined;
  // The live page never ends; its own tests read it.
  if (/^\/+api\/v1\/live/.test(decodeLoosely(url))) return undefined;
  const body = end < 0 ? '' : text.slice(end + 1);
  return { method, url, type: /^[!-~]{2,}$/.test(type) ? type : undefined, who, body };
}

function decodeLoosely(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

// HTTP as the collector hears it: the routes of agents and of the API in one server, over real state, access, enrolment and
// ingest. An input is the text of a request, so that a corpus file can be read:
//
//   POST /agent/v1/frames application/x-ndjson
//   $HELLO
//   {"t":"report",…}
//
// `$HELLO` stands for a hello that is signed for this very request. Promise under test: no answer is a 5xx, nothing unforeseen is logged.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { createServer } from '../../../collector/api/server.ts';
import { openStage, seedAlert, START_AT, tokenFor } from '../../../collector/api/testing/stage.ts';
import { openEnrolment } from '../../../collector/enrolment/enrolment.ts';
import { agentRoutes } from '../../../collector/ingest/http.ts';
import { COLUMNS, openWorld, SERIES } from '../../../collector/ingest/testing/world.ts';
import { CHALLENGE_PATH, type CollectorFrame, ENROL_PATH, FRAMES_PATH } from '../../../shared/frame.ts';
import type { Target } from '../target.ts';

const AGENT = 'fuzzed';
const stream = 'cd'.repeat(16);
const lines = (...frames: object[]): string => frames.map((f) => JSON.stringify(f)).join('\n');
const json = (value: unknown): string => JSON.stringify(value);

function samples(code: string, at: number): string[] {
  const facts = { hostname: 'nis', os: 'linux', arch: 'x64', version: '0.1.0' };
  const request = { code, publicKey: 'A'.repeat(43), fingerprint: 'f2', proof: 'B'.repeat(86), facts };
  const report = { t: 'report', stream, seq: 0, series: SERIES, at, off: 0, boot: 'b', v: [1, null] };
  const series = { t: 'series', id: SERIES, columns: COLUMNS };
  const checks = [{ id: 'service:x', status: 'critical', text: 'x' }];
  const events = [{ at, kind: 'service.down', subject: 'x', data: { pid: 1 } }];
  const post = `POST ${FRAMES_PATH} application/x-ndjson\n$HELLO\n`;
  return [
    `POST ${ENROL_PATH} application/json\n${json(request)}`,
    `POST ${CHALLENGE_PATH} application/json\n${json({ agent: AGENT })}`,
    `${post}${lines(series, report, { ...report, seq: 1, checks, events })}`,
    `${post}${lines({ t: 'clock', offsetMs: 1, rttMs: 1 }, { t: 'gap', stream, from: 0, to: 4, reason: 'dropped' }, series, { ...report, seq: 5 }, { t: 'goodbye', reason: 'stop' })}`,
    `GET /api/v1/hosts?limit=10&hospital=a`,
    `GET /api/v1/series?host=a1&metric=mem_used_percent&from=${START_AT - 3_600_000}&to=${START_AT}&step=60000`,
    `GET /api/v1/hosts/a1/events?limit=5&before=9`,
    `GET /api/v1/alerts?state=firing&limit=5`,
    `POST /api/v1/alerts/alert-1/ack application/json\n${json({ note: '已处理' })}`,
    `POST /api/v1/hospitals application/json\n${json({ name: '医院', timeZone: 'Asia/Shanghai' })}`,
    `POST /api/v1/session application/json\n${json({ name: 'admin', password: 'x' })}`,
  ];
}

export async function openHttp(): Promise<Target> {
  const stage = await openStage();
  const world = await openWorld();
  const key = await world.enrol(AGENT);
  await seedAlert(stage.state, { id: 'alert-1', host: 'a1', at: START_AT });
  const headers = await tokenFor(stage, 'admin');
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
  const code = await enrolment.createCode({ hospitalId: 'a', who: 'fuzz', now: world.clock.now() });

  const hello = async (): Promise<string> => {
    const answer = await server.inject({ method: 'POST', url: CHALLENGE_PATH, payload: { agent: AGENT } });
    const { nonce } = answer.json<Extract<CollectorFrame, { t: 'challenge' }>>();
    return JSON.stringify(world.dial(AGENT, key).helloFrame([stream], nonce));
  };
  const run = async (input: Buffer): Promise<void> => {
    const request = parseRequest(input.toString());
    if (!request) return;
    // The budgets of one address and one agent fill again: it is the bodies that are on trial here.
    world.clock.advance(20_000);
    const body = request.payload as string;
    if (body.startsWith('$HELLO')) request.payload = (await hello()) + body.slice(6);
    const answer = await server.inject({ ...request, headers: { ...headers, ...request.headers } });
    const what = `${answer.statusCode}: ${answer.body.slice(0, 300)} ${JSON.stringify(faults.splice(0))}`;
    assert.ok(answer.statusCode < 500 && !what.endsWith('"]]'), what);
    assert.deepEqual(world.store.broken.splice(0), []);
    world.store.entries.length = 0;
  };
  return {
    name: 'http',
    samples: samples(code, world.clock.now()).map((text) => Buffer.from(text)),
    run,
    share: 0.5,
    async close() {
      await server.close();
      await stage.close();
      await world.ingest.stop();
      await world.state.destroy();
    },
  };
}

/** Undefined when no client could send it. */
function parseRequest(text: string): InjectOptions | undefined {
  const end = text.indexOf('\n');
  const head = end < 0 ? text : text.slice(0, end);
  const [method = '', path = '', type = ''] = head.split(' ');
  if (
    !/^(GET|POST|PUT|PATCH|DELETE)$/.test(method) ||
    !/^\/[!-~]*$/.test(path) ||
    !URL.canParse(path, 'http://x')
  )
    return undefined;
  // The live page never ends; its own tests read it.
  if (path.startsWith('/api/v1/live')) return undefined;
  const headers = /^[!-~]+$/.test(type) ? { 'content-type': type } : {};
  return { method: method as 'GET', url: path, headers, payload: end < 0 ? '' : text.slice(end + 1) };
}

// The agents' HTTP routes: enrolment, and the frames by POST for places where a proxy refuses WebSocket. Promise: the same
// machine as on a WebSocket judges the frames; a POST is answered when what it brought is durable or refused.
//
//   POST /agent/v1/challenge {agent}            → challenge
//   POST /agent/v1/frames    hello, series, …   → welcome, ack, refuse, …, challenge (for the next POST)

import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../../shared/clock.ts';
import { type ErrorCode, isNamedError, NamedError } from '../../shared/errors.ts';
import { CHALLENGE_PATH, type CollectorFrame, ENROL_PATH, FRAMES_PATH } from '../../shared/frame.ts';
import type { Enrolment, EnrolRequest } from '../enrolment/enrolment.ts';
import type { Log } from '../services.ts';
import { type Budget, openBudget, spend } from './budget.ts';
import type { Wire } from './hall.ts';
import type { Ingest } from './ingest.ts';
import { challenge } from './session.ts';

export interface AgentRoutesOptions {
  ingest: Ingest;
  enrolment: Enrolment;
  clock: Clock;
  log: Log;
}

/** Tries of enrolment from one address; what succeeds is given back, so that a whole fleet behind one address can enrol. */
const TRIES_BURST = 100;
const TRIES_PER_SECOND = 1;
const ADDRESSES_KEPT = 10_000;
const FRAMES_BODY_BYTES = 4 * 1024 ** 2;

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  BAD_SIGNATURE: 403,
  CODE_UNKNOWN: 404,
  NOT_FOUND: 404,
  CODE_USED: 409,
  CODE_EXPIRED: 410,
  RATE_LIMITED: 429,
  STORE_UNAVAILABLE: 503,
};

/** A fastify plugin with the routes of agents. */
export function agentRoutes(options: AgentRoutesOptions) {
  return async function routes(server: FastifyInstance): Promise<void> {
    const tries = new Map<string, Budget>();
    server.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_, body, done) =>
      done(null, body),
    );
    server.post(ENROL_PATH, { bodyLimit: 16 * 1024 }, async (request, reply) => {
      try {
        const budget = limit(tries, request.ip, options.clock.now());
        const enrolled = await options.enrolment.enrol(request.body as EnrolRequest);
        budget.tokens = Math.min(budget.burst, budget.tokens + 1);
        // A rebuilt machine took the place of the old one: the old key's session must not live on.
        options.ingest.drop(enrolled.host.id, 'BAD_SIGNATURE');
        options.log.info({ host: enrolled.host.id, name: enrolled.host.name }, 'a host was enrolled');
        return enrolled;
      } catch (error) {
        return fail(reply, error, options.log);
      }
    });
    server.post(CHALLENGE_PATH, { bodyLimit: 4 * 1024 }, async (request, reply) => {
      const agent = (request.body as { agent?: unknown } | null)?.agent;
      if (typeof agent !== 'string' || agent.length > 64) {
        return fail(reply, new NamedError('BAD_REQUEST', 'challenge: agent is missing'), options.log);
      }
      return nextChallenge(options, agent, false);
    });
    server.post(FRAMES_PATH, { bodyLimit: FRAMES_BODY_BYTES }, async (request, reply) => {
      if (typeof request.body !== 'string') {
        return fail(reply, new NamedError('BAD_REQUEST', 'frames: send application/x-ndjson'), options.log);
      }
      if (!options.ingest.hasRoom()) {
        return fail(reply, new NamedError('STORE_UNAVAILABLE', 'too many connections'), options.log);
      }
      reply.type('application/x-ndjson');
      return takePost(options, request.body);
    });
  };
}

function nextChallenge(
  { ingest, clock }: AgentRoutesOptions,
  agent: string,
  earned: boolean,
): CollectorFrame {
  const now = clock.now();
  return challenge(ingest.collectorName, ingest.nonces.give(agent, earned, now), now);
}

/** One POST is one short session over the same machine; its answers are the lines. */
async function takePost(options: AgentRoutesOptions, body: string): Promise<string> {
  const { ingest, clock } = options;
  const lines = body.split('\n').filter((line) => line !== '');
  const answers: string[] = [];
  let open = true;
  const wire: Wire = {
    send: (text) => void answers.push(text),
    sendShort: (text) => void answers.push(text),
    close: () => {
      open = false;
    },
    pause: () => {},
    resume: () => {},
    bufferedBytes: () => 0,
  };
  ingest.stats.httpPosts++;
  const nonces = {
    of: (agent: string) => ingest.nonces.of(agent, clock.now()),
    claim: (agent: string, nonce: string) => ingest.nonces.claim(agent, nonce),
  };
  const connection = ingest.connect(wire, { via: 'http', nonces });
  connection.receive(lines[0] ?? '', lines[0]?.length ?? 0);
  await connection.identified;
  for (const line of lines.slice(1)) if (open) connection.receive(line, line.length);
  await ingest.drain();
  connection.ended('closed');
  const host = connection.host();
  if (host !== undefined) answers.push(JSON.stringify(nextChallenge(options, host, true)));
  return `${answers.join('\n')}\n`;
}

function limit(tries: Map<string, Budget>, address: string, now: number): Budget {
  let budget = tries.get(address);
  if (!budget) {
    budget = openBudget(TRIES_PER_SECOND, TRIES_BURST, now);
    tries.set(address, budget);
    for (const oldest of tries.keys()) {
      if (tries.size <= ADDRESSES_KEPT) break;
      tries.delete(oldest);
    }
  }
  if (spend(budget, 1, now) > 0) throw new NamedError('RATE_LIMITED', 'too many tries from this address');
  return budget;
}

function fail(reply: FastifyReply, error: unknown, log: Log): FastifyReply {
  if (!isNamedError(error)) {
    log.error({ error: String(error) }, 'an agent request failed');
    return reply
      .code(500)
      .send({ error: { code: 'STATE_UNAVAILABLE', message: 'internal error', mend: 'See the log.' } });
  }
  const { code, message, mend } = error;
  return reply.code(STATUS[code] ?? 400).send({ error: { code, message, mend } });
}

// A notice as signed JSON to an address of the operator's own. Promise: 2xx is a receipt; 429, 5xx and a broken line are tried
// again; every other answer, redirects included, is final. The signature covers the time, so that a recorded call is
// recognised as old.

import { createHmac } from 'node:crypto';
import { NamedError } from '../../../shared/errors.ts';
import type { SectionField, Values } from '../../../shared/config/schema.ts';
import type { Notice, NotifierUnit } from '../notifier.ts';
import { oneLine, titleOf } from '../wording.ts';

const config = {
  kind: 'section',
  help: 'An address that takes alerts as signed JSON by POST.',
  fields: {
    url: {
      kind: 'text',
      help: 'Where to post.',
      pattern: { re: /^https?:\/\/\S+$/, words: 'an http or https address' },
    },
    secret: { kind: 'secret', help: 'Key of the signature (HMAC-SHA256); the receiver holds the same.' },
    timeout: {
      kind: 'duration',
      help: 'How long the receiver may take to answer.',
      default: 10_000,
      min: 1_000,
      max: 60_000,
    },
  },
} as const satisfies SectionField;

type Config = Values<typeof config.fields>;

export const webhook: NotifierUnit<typeof config.fields> = {
  name: 'webhook',
  config,
  open(config) {
    return {
      async send(notice, signal) {
        const body = JSON.stringify(payloadOf(notice));
        const response = await post(config, notice, body, signal);
        const answer = oneLine((await readSome(response)).slice(0, 200));
        const detail = `HTTP ${response.status}${answer ? ` ${answer}` : ''}`;
        if (response.ok) return { detail };
        const again = response.status === 429 || response.status >= 500;
        throw new NamedError(
          again ? 'CHANNEL_UNREACHABLE' : 'CHANNEL_REJECTED',
          `${originOf(config)}: ${detail}`,
        );
      },
    };
  },
};

/** What is posted: the notice itself, with a version and a title ready to show. */
export function payloadOf(notice: Notice): object {
  return { version: 1, title: titleOf(notice), ...notice };
}

/** `t=<Unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. */
export function sign(secret: string, body: string, at: number): string {
  const t = Math.floor(at / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

async function post(config: Config, notice: Notice, body: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(config.url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]),
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'User-Agent': 'niswatch',
        'Idempotency-Key': notice.key,
        'X-Niswatch-Signature': sign(config.secret, body, notice.at),
      },
    });
  } catch (cause) {
    const reason =
      cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : '';
    throw new NamedError('CHANNEL_UNREACHABLE', `${originOf(config)}: ${oneLine(reason)}`, { cause });
  }
}

/** The first bytes are for the audit trail; an endless answer is cut off. */
async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  try {
    const first = await reader?.read();
    return new TextDecoder().decode(first?.value);
  } catch {
    return '';
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

/** Path and query may hold a key: they stay out of logs. */
function originOf(config: Config): string {
  return `webhook ${new URL(config.url).origin}`;
}

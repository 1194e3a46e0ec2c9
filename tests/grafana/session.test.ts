// Plays the recorded session of Grafana's Prometheus data source to `/prom` and looks into every answer.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GrafanaStage, openGrafanaStage } from './stage.ts';

type Want = string | number | unknown[] | { matches: string } | { contains: unknown[] };

interface Call {
  doing: string;
  method: 'GET' | 'POST';
  path: string;
  form?: string;
  anonymous?: boolean;
  status: number;
  /** By pointer into the answer; `length` is that of a list, `absent`: nothing is there. */
  expect: Record<string, Want>;
}

const file = join(import.meta.dirname, 'fixtures', 'session.json');
const { calls } = JSON.parse(readFileSync(file, 'utf8')) as { calls: Call[] };

const at = (body: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);

function check(found: unknown, want: Want, what: string): void {
  if (want === 'absent') assert.equal(found, undefined, what);
  else if (typeof want === 'object' && 'matches' in want)
    assert.match(String(found), new RegExp(want.matches), what);
  else if (typeof want === 'object' && 'contains' in want)
    for (const item of want.contains)
      assert.ok(holds(found as unknown[], item), `${what}: ${JSON.stringify(item)}`);
  else assert.deepEqual(found, want, what);
}

/** Equal, or an object that says the same where `item` says something. */
const holds = (list: readonly unknown[], item: unknown): boolean =>
  list.some((each) =>
    typeof item === 'object' && item !== null
      ? Object.entries(item).every(([name, value]) => (each as Record<string, unknown>)[name] === value)
      : each === item,
  );

describe('a session of Grafana’s Prometheus data source', () => {
  let stage: GrafanaStage;
  before(async () => {
    stage = await openGrafanaStage();
  });
  after(() => stage.close());

  async function play(call: Call): Promise<{ status: number; type: string; text: string }> {
    const headers = {
      ...(call.anonymous ? {} : stage.all),
      ...(call.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const init = { method: call.method, headers, ...(call.form === undefined ? {} : { body: call.form }) };
    const answer = await fetch(`${stage.stage.url}/prom${call.path}`, init);
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, type, text: await answer.text() };
  }

  for (const call of calls)
    it(call.doing, async () => {
      const { status, type, text } = await play(call);
      assert.equal(status, call.status, text);
      assert.match(type, /^application\/json/);
      const body: unknown = JSON.parse(text);
      for (const [pointer, want] of Object.entries(call.expect)) check(at(body, pointer), want, pointer);
      // Grafana keeps the whole answer in memory when the type comes after the result.
      if (text.includes('"resultType"')) assert.ok(text.indexOf('"resultType"') < text.indexOf('"result":'));
    });

  it('gives GET what it gives POST', async () => {
    for (const call of calls.filter(({ method, status }) => method === 'POST' && status === 200)) {
      const { form, ...rest } = call;
      const asGet = await play({ ...rest, method: 'GET', path: `${call.path}?${form}` });
      assert.equal(asGet.text, (await play(call)).text, call.doing);
    }
  });
});

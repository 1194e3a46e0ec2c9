import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { parse } from '../../collector/prom/language/parse.ts';
import { ownSamples } from '../../tests/grafana/own-samples.ts';
import { selectorsOf } from '../check/selectors.ts';

const folder = import.meta.dirname;
const RULES = 'collector.yaml';
const TESTS = 'collector.test.yaml';

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary?: string; action?: string };
}

const rules = (): Rule[] =>
  (parseYaml(readFileSync(join(folder, RULES), 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );

function promtool(cwd: string, ...args: string[]): { status: number | null; said: string } {
  const done = spawnSync('/usr/bin/promtool', args, { cwd, encoding: 'utf8' });
  assert.equal(done.error, undefined, 'promtool is not here: apt-get install prometheus');
  return { status: done.status, said: done.stdout + done.stderr };
}

/** The rules with one change, and their tests, in a folder of their own. */
function changed(t: TestContext, from: string, to: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'niswatch-rules-'));
  t.after(() => rmSync(copy, { recursive: true }));
  copyFileSync(join(folder, TESTS), join(copy, TESTS));
  const text = readFileSync(join(folder, RULES), 'utf8');
  assert.ok(text.includes(from));
  writeFileSync(join(copy, RULES), text.replace(from, to));
  return copy;
}

test('Prometheus loads the alert rules', () => {
  const { status, said } = promtool(folder, 'check', 'rules', RULES);
  assert.equal(status, 0, said);
  assert.match(said, new RegExp(`SUCCESS: ${rules().length} rules found`));
});

test('each alert fires when it must and not before, says Prometheus’ own rule tester', () => {
  const { status, said } = promtool(folder, 'test', 'rules', TESTS);
  assert.equal(status, 0, said);
  const tested = readFileSync(join(folder, TESTS), 'utf8');
  for (const { alert } of rules())
    assert.match(tested, new RegExp(`alertname: ${alert}\\n {8}exp_alerts:\\n {10}- `), alert);
});

test('the rule tests notice a limit that is moved and a rule that never fires', (t) => {
  for (const [from, to] of [
    ['niswatch_outbox_oldest_seconds > 300', 'niswatch_outbox_oldest_seconds > 3000'],
    ['niswatch_store_refusing == 1', 'niswatch_store_refuses == 1'],
    ['for: 2m', 'for: 0s'],
  ] as const)
    assert.equal(promtool(changed(t, from, to), 'test', 'rules', TESTS).status, 1, from);
});

test('the rules ask for metrics that the collector has, and say what to do', async () => {
  const known = new Set((await ownSamples()).map(({ name }) => name));
  for (const { alert, expr, annotations } of rules()) {
    for (const { matchers } of selectorsOf(parse(expr))) {
      const name = matchers.find((m) => m.name === '__name__')?.value ?? '';
      assert.ok(name === 'up' || known.has(name), `${alert}: ${name}`);
    }
    assert.match(annotations.summary ?? '', /\p{Script=Han}.* · /u, alert);
    assert.match(annotations.action ?? '', /\p{Script=Han}.* · /u, alert);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FleetTrouble } from '../liveness/verdict.ts';
import { judgeFleet } from './fleet-trouble.ts';

const trouble = (reason: FleetTrouble['reason']): FleetTrouble => ({
  reason,
  since: 1_000,
  quiet: 40,
  expected: 500,
  hospitals: 31,
});

test('many hospitals cut off at once are one finding that counts them', () => {
  const [finding] = judgeFleet(trouble('many-cut-off')).evaluation.findings;
  assert.equal(finding?.summary.zh, '31 家医院的 40 台主机同时失联（共 500 台）');
  assert.equal(finding?.summary.en, '40 hosts of 31 hospitals fell silent at once, of 500');
  assert.deepEqual([finding?.severity, finding?.subject], ['critical', '']);
});

test('it is the same finding whether the collector doubts itself still or has proved to hear', () => {
  const subjects = (['mass-silence', 'whole-fleet', 'many-cut-off', 'own-trouble'] as const).map(
    (reason) => judgeFleet(trouble(reason)).evaluation.findings[0]?.subject,
  );
  assert.deepEqual(new Set(subjects), new Set(['']));
});

test('no trouble is clear; after a start nobody can tell', () => {
  assert.deepEqual(judgeFleet(undefined).evaluation, { findings: [], unknown: 'none' });
  assert.deepEqual(judgeFleet('unsure').evaluation, { findings: [], unknown: 'all' });
});

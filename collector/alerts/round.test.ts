import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger } from './ledger.ts';
import { openRound } from './round.ts';

function fleetOf(count: number) {
  const hosts = new Set(Array.from({ length: count }, (_, i) => `h${i}`));
  const dirty: string[] = [];
  const fleet = {
    hosts: () => hosts.keys(),
    picture: () => ({}) as never,
    takeDirty: () => dirty.splice(0),
  };
  const ledger = { waiting: () => [], groups: () => [] } as unknown as Ledger;
  return { hosts, dirty, round: openRound({ fleet, ledger }) };
}

test('first all are judged, then a thirtieth in each pass, though hosts come and go', () => {
  const { hosts, round } = fleetOf(95);
  assert.equal(round.due().size, 95);
  const seen = new Set<string>();
  for (let pass = 0; pass < 60; pass++) {
    const due = round.due();
    assert.ok(due.size <= 4, `${due.size}`);
    for (const host of due) seen.add(host);
    if (pass === 10) hosts.delete('h94');
    if (pass === 20) hosts.add('new');
  }
  for (const host of hosts) assert.ok(seen.has(host), host);
});

test('who has news or was touched is judged at once', () => {
  const { dirty, round } = fleetOf(300);
  round.due();
  dirty.push('h250');
  round.touch('h299');
  const due = round.due();
  assert.ok(due.has('h250') && due.has('h299'));
  assert.equal(due.size, 12);
});

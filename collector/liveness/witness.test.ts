import assert from 'node:assert/strict';
import { test } from 'node:test';
import { many, show, sim } from './testing.ts';
import type { WitnessAnswer } from './verdict.ts';

/** A hospital with an NIS host `a` and a witness `w` that looks at it every 10 s; other hospitals are there too. */
function watched() {
  const s = sim({ h: ['a', 'w'], other: ['x', 'y'] });
  s.greetAll();
  let answer: WitnessAnswer = 'accepts';
  return {
    ...s,
    says: (word: WitnessAnswer) => void (answer = word),
    look: () => s.give({ kind: 'witness', host: 'a', by: 'w', answer, at: s.now() }),
    pass(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        if ((s.now() / 1000) % 10 === 4 && s.word('w') === 'up') {
          s.give({ kind: 'witness', host: 'a', by: 'w', answer, at: s.now() });
        }
        s.pass(1);
      }
    },
  };
}

test('a host that a witness cannot reach any more is down after 40 s, with its word', () => {
  for (const answer of ['nothing', 'refuses'] as const) {
    const s = watched();
    s.pass(60);
    s.fall('a');
    s.says(answer);
    s.pass(39);
    assert.equal(s.word('a'), 'suspect');
    s.pass(1);
    assert.deepEqual([s.word('a'), s.kinds('a')], ['down', ['last-heard', 'no-frame', `witness-${answer}`]]);
  }
});

test('a host that a witness reaches has lost its agent only, and that after the full limit', () => {
  const s = watched();
  s.pass(60);
  s.fall('a');
  s.pass(119);
  assert.equal(s.word('a'), 'suspect');
  s.pass(1);
  assert.deepEqual([s.word('a'), s.kinds('a').at(-1)], ['agent-lost', 'witness-accepts']);
});

test('a witness that is silent itself proves nothing: both are a silent hospital', () => {
  const s = watched();
  s.pass(60);
  s.fall('a', 'w');
  s.says('nothing');
  s.look();
  s.pass(200);
  assert.deepEqual([s.word('a'), s.word('w')], ['site-silent', 'site-silent']);
});

test('a port that had ended before the host fell silent proves nothing', () => {
  const s = watched();
  s.pass(30);
  s.says('refuses');
  s.pass(300);
  s.fall('a');
  s.pass(119);
  assert.equal(s.word('a'), 'suspect');
  s.pass(2);
  assert.equal(s.word('a'), 'silent');
});

test('a witness that never reached the host, as with a wrong address, proves nothing', () => {
  const s = watched();
  s.says('nothing');
  s.pass(60);
  s.fall('a');
  s.pass(121);
  assert.equal(s.word('a'), 'silent');
});

test('a witness of another hospital has no say', () => {
  const s = sim({ h: ['a', 'b'], other: ['x', 'y'] });
  s.greetAll();
  s.pass(10);
  s.give({ kind: 'witness', host: 'a', by: 'x', answer: 'accepts', at: s.now() });
  s.fall('a');
  for (let i = 0; i < 121; i++) {
    s.give({ kind: 'witness', host: 'a', by: 'x', answer: 'nothing', at: s.now() });
    s.pass(1);
  }
  assert.equal(s.word('a'), 'silent');
});

test('one witness that gets through outweighs others that do not', () => {
  const s = sim({ h: ['a', 'v', 'w'], other: ['x'] });
  s.greetAll();
  for (let i = 0; i < 150; i++) {
    if (i === 20) s.fall('a');
    s.give({ kind: 'witness', host: 'a', by: 'v', answer: i < 20 ? 'accepts' : 'nothing', at: s.now() });
    s.give({ kind: 'witness', host: 'a', by: 'w', answer: 'accepts', at: s.now() });
    s.pass(1);
  }
  assert.equal(s.word('a'), 'agent-lost');
});

test('what a witness saw long ago, told by a report that came late, proves nothing', () => {
  const s = watched();
  s.pass(60);
  s.fall('a');
  s.says('accepts');
  s.pass(20);
  const late = s.now() - 15_000;
  s.give({ kind: 'witness', host: 'a', by: 'w', answer: 'nothing', at: late });
  s.fall('w');
  s.pass(25);
  // The witness is suspect itself by now, and what it said is old.
  assert.notEqual(s.word('a'), 'down');
});

test('the word follows the witness: the host answers again but its agent does not, then it is gone again', () => {
  const s = watched();
  s.pass(60);
  s.fall('a');
  s.says('nothing');
  s.pass(60);
  assert.equal(s.word('a'), 'down');
  s.says('accepts');
  s.pass(60);
  assert.equal(s.word('a'), 'agent-lost');
  s.says('nothing');
  s.pass(60);
  assert.equal(s.word('a'), 'down');
  s.hello('a', { boot: 'b2', startedAt: 290_000, end: 'unknown' });
  assert.deepEqual([s.word('a'), s.records().map(show)], ['up', ['crashed 60-230', 'up 230-240']]);
});

test('when much of the fleet turns quiet, a witness calls nobody down either', () => {
  const hospitals = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`h${i}`, [`a${i}`, `w${i}`]]));
  const s = sim(hospitals);
  s.greetAll();
  s.pass(20);
  for (let i = 0; i < 60; i++)
    s.give({ kind: 'witness', host: `a${i}`, by: `w${i}`, answer: 'accepts', at: s.now() });
  s.fall(...Array.from({ length: 40 }, (_, i) => `a${i}`));
  for (let second = 0; second < 300; second++) {
    for (let i = 0; i < 40; i++)
      s.give({ kind: 'witness', host: `a${i}`, by: `w${i}`, answer: 'nothing', at: s.now() });
    s.pass(1);
  }
  assert.ok(s.all.every((host) => ['up', 'mass-silent'].includes(s.word(host))));
});

test('after a restart of the collector a host that answers again is given the time for its way back', () => {
  const s = watched();
  s.pass(60);
  s.fall('a');
  s.says('nothing');
  s.pass(60);
  assert.equal(s.word('a'), 'down');
  s.sleep(10, true);
  s.says('accepts');
  for (const host of ['w', 'x', 'y']) s.hello(host);
  s.pass(149);
  assert.equal(s.word('a'), 'down');
  s.pass(1);
  assert.equal(s.word('a'), 'agent-lost');
});

test('while many are cut off together, a host that answers again may be one of them', () => {
  const s = sim({ h: ['a', 'w'], ...many(100, 1) });
  s.greetAll();
  let answer: WitnessAnswer = 'accepts';
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds; i += 10) {
      s.give({ kind: 'witness', host: 'a', by: 'w', answer, at: s.now() });
      s.pass(10);
    }
  };
  pass(60);
  s.fall('a');
  answer = 'nothing';
  pass(60);
  const cutOff = s.all.filter((host) => host.startsWith('a') && host !== 'a').slice(0, 40);
  s.fall(...cutOff);
  pass(60);
  answer = 'accepts';
  pass(900);
  assert.deepEqual([s.fleet.mass !== undefined, s.word('a')], [true, 'down']);
  for (const host of cutOff) s.hello(host);
  pass(140);
  assert.equal(s.word('a'), 'down');
  pass(20);
  assert.equal(s.word('a'), 'agent-lost');
});

// Our PromQL against Debian's Prometheus 2.42 on the same samples. The short form asks a few hundred drawn queries, the long one
// (`--long`) more than two thousand, each over two ranges.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as Query from '../../collector/prom/query.ts';
import * as Render from '../../collector/prom/http/render.ts';
import { arraySource } from './array-source.ts';
import { difference } from './compare.ts';
import { makeDataset, START } from './dataset.ts';
import { type Ask, askOurs, askReference, drawAsks } from './differential.ts';
import { FAULTS, faultyEngine } from './faults.ts';
import { openReference, type Reference, type Reply } from './reference.ts';

const LONG = process.env.NISWATCH_LONG === '1';
const QUERIES = LONG ? 2400 : 400;
const SEED = LONG ? 20261126 : 7;
/** Enough for each planted fault to be met by several queries. */
const FOR_FAULTS = 800;

const engine = { ...Query, ...Render };

describe('PromQL as Prometheus 2.42 answers it', () => {
  const closers: (() => unknown)[] = [];
  let reference: Reference;
  const series = makeDataset(1);
  const source = arraySource(series);
  const answers: { ask: Ask; theirs: Reply }[] = [];

  before(async () => {
    reference = await openReference({ after: (close) => void closers.push(close) }, series);
  });
  after(async () => {
    for (const close of closers) await close();
  });

  it('gives the same series, steps and values within 1e-9', async () => {
    const problems: string[] = [];
    let [empty, refused] = [0, 0];
    for (const ask of drawAsks(SEED, QUERIES)) {
      const theirs = await askReference(reference, ask);
      if (answers.length < FOR_FAULTS) answers.push({ ask, theirs });
      const result = theirs.data?.result;
      if (theirs.status === 'error') refused++;
      else if (Array.isArray(result) && result.length === 0) empty++;
      const problem = difference(await askOurs(engine, source, ask), theirs);
      if (problem) problems.push(`${ask.query} (${JSON.stringify(ask.range ?? 'instant')}): ${problem}`);
    }
    assert.deepEqual(problems, []);
    // Queries that find nothing prove little.
    assert.ok(empty < QUERIES * 2 * 0.3, `${empty} of ${QUERIES * 2} answers are empty`);
    assert.ok(refused < QUERIES * 2 * 0.1, `${refused} of ${QUERIES * 2} queries are refused`);
  });

  it('orders what is sorted as Prometheus does', async () => {
    const queries = [
      'topk(3, net_bytes_recv)',
      'bottomk(4, net_bytes_recv)',
      'topk(99, rate(net_bytes_recv[10m]))',
    ]
      .concat(['sort(net_bytes_recv)', 'sort_desc(net_bytes_recv)', 'sort(rate(http_requests[1h]) / 0)'])
      .concat(['net_bytes_recv', 'sort_desc(-net_bytes_recv)']);
    for (const query of queries) {
      const ask = { query, start: START + 5_000_000 };
      assert.equal(
        difference(
          await askOurs(engine, source, ask),
          await askReference(reference, ask),
          !query.includes('/ 0'),
        ),
        undefined,
        query,
      );
    }
  });

  it('refuses what Prometheus refuses, as the same kind of error', async () => {
    for (const query of REFUSED) {
      const ask = { query, start: START + 5_000_000 };
      const theirs = await askReference(reference, ask);
      assert.equal(theirs.status, 'error', `Prometheus takes ${query}`);
      const ours = await askOurs(engine, source, ask);
      assert.deepEqual(
        [ours.status, ours.errorType],
        ['error', theirs.errorType],
        `${query}: ${theirs.error}`,
      );
    }
  });

  it('takes and reads literals, precedence and comments as Prometheus does', async () => {
    for (const query of TAKEN) {
      const ask = { query, start: START + 5_000_000 };
      assert.equal(
        difference(await askOurs(engine, source, ask), await askReference(reference, ask)),
        undefined,
        query,
      );
    }
  });

  describe('planted faults', () => {
    for (const name of Object.keys(FAULTS))
      it(`sees ${name}`, async () => {
        const faulty = await faultyEngine(name);
        const chosen = arraySource(series, faulty.labelsTest);
        let seen = 0;
        for (const { ask, theirs } of answers) {
          if (difference(await askOurs(faulty, chosen, ask), theirs)) seen++;
          if (seen > 0) break;
        }
        assert.ok(seen > 0, `none of ${answers.length} answers shows it`);
      });
  });
});

const REFUSED = [
  'sum(',
  'sum(a',
  'a b',
  'a{',
  'a{b}',
  'a{b="c"',
  '{}',
  '{a=""}',
  '{a=~".*"}',
  'a{b=~"(x"}',
  'a{b=~"(?=x)"}',
  'a{b=~"(x)\\\\1"}',
  'a{__name__="b"}',
  'rate(a)',
  'rate(a[5m], 1)',
  'rate()',
  'a[5m] + 1',
  'a[5m]',
  'nothing_of_the_kind(a)',
  'sum by (a) (b) by (c)',
  'topk(a)',
  'topk(a, b, c)',
  'topk("x", a)',
  'count_values(1, a)',
  'count_values("a b", a)',
  '1 == 1',
  'a + bool b',
  'a and 1',
  'a + on (b) 1',
  'a or on (b) group_left c',
  'a + on (b) group_left (b) c',
  'a[5m][5m]',
  'a offset 5m offset 5m',
  'a @ 1 @ 2',
  'sum(a) offset 5m',
  'sum(a)[5m]',
  '(a)[5m]',
  'a[0s]',
  'a[5x]',
  'a[5m:0s]',
  'a[5m][5m:1m] + 1',
  '-"x"',
  '"x" + 1',
  '"unterminated',
  '1 +',
  '* 1',
  'a{b="\\z"}',
  'label_replace(a, "b")',
  'label_replace(cpu_usage_active, "b", "c", "d", "(")',
  'label_replace(cpu_usage_active, "0bad", "c", "host", ".*")',
  'holt_winters(cpu_usage_active[5m], 0, 0.5)',
  'holt_winters(cpu_usage_active[5m], 0.5, 1)',
  'cpu_usage_active * on (hospital) mem_used_percent',
  'topk(1e300, cpu_usage_active)',
  'absent(1)',
  'time(1)',
  'clamp(a, 1)',
  'round(a, 1, 2)',
].filter((query) => query !== 'a[5m]');

const TAKEN = [
  '-1 ^ 2',
  '2 ^ 3 ^ 2',
  '2 ^ -1',
  '- - 1',
  '1 - - 1',
  '1 + 2 * 3 - 4 / 5 % 3',
  '1 < bool 2 == bool 1',
  '0x1F',
  '010',
  '1e-7',
  '1e21',
  '1.5e300 * 1e300',
  '-0',
  '0 / 0',
  '.5',
  'NaN',
  'iNf',
  '"a\\tb\\u4e2d\\x41"',
  "'it\\'s'",
  '`raw \\ text`',
  'cpu_usage_active # a comment',
  'sum(cpu_usage_active) # one\n + # two\n 1',
  'SUM BY (host) (cpu_usage_active)',
  'cpu_usage_active AND mem_used_percent',
  'sum(cpu_usage_active) by (host)',
  'sum without () (cpu_usage_active)',
  'sum by (host,) (cpu_usage_active)',
  'cpu_usage_active - mem_used_percent offset 5m',
  '-cpu_usage_active offset 5m',
  'cpu_usage_active{host="nis-main",}',
  '{__name__="cpu_usage_active"}',
  '{__name__=~"cpu_.*|mem_.*"}',
  'cpu_usage_active[1m]',
  'cpu_usage_active[1m:30s]',
  '(cpu_usage_active[1m])',
  'cpu_usage_active[1m] offset 1m',
  'cpu_usage_active[1m30s] @ end()',
  'cpu_usage_active offset 1h30m5s',
  'vector(1e-7) + vector(0)',
  'vector(123456789012345678901234567890)',
  'cpu_usage_active > 1 > 2',
  'cpu_usage_active > bool 1 > bool 0',
  '1 > cpu_usage_active',
  'sum(cpu_usage_active) > bool on () sum(mem_used_percent)',
  'sum(cpu_usage_active) or on () vector(0)',
  'cpu_usage_active == cpu_usage_active',
  'absent(nothing{a="b", c=~"d", e!="f"})',
  'absent_over_time(nothing{a="b"}[5m])',
  'absent(sum(nothing))',
  'count_values("v", http_requests * 1e15)',
  'quantile(NaN, cpu_usage_active)',
  'sgn(odd_values)',
  'ceil(odd_values)',
  'topk(0, cpu_usage_active)',
  'predict_linear(cpu_usage_active[5m] offset 2m, 60)',
  'day_of_year()',
];

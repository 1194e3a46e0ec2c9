import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../shared/config/schema.ts';
import { spoolConfig } from '../../../agent/spool/config.ts';
import { drainOutage } from './drain.ts';

test('a day without the collector is stored whole and once, and a month of such days fits into the spool', async (t) => {
  const { backlog, spoolBytes, seconds } = await drainOutage(t, 1, (line) => t.diagnostic(line));
  // The segment that still grows is not packed: counted thirty times, it makes the month look larger than it is.
  const month = 30 * spoolBytes;
  const { maxBytes } = readConfig(spoolConfig, {});
  t.diagnostic(`${backlog.reports} reports, ${spoolBytes} bytes, drained in ${seconds.toFixed(0)} s`);
  assert.ok(month <= maxBytes, `30 × ${spoolBytes} bytes exceed ${maxBytes}`);
  assert.ok(backlog.stats.reports === backlog.reports, 'nothing was thinned or dropped');
});

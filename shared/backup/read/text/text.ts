// Bytes that no reader knows, and text that is no backup: the error message of a tool saved as the dump, the log of a tool.
// Promise: a log that says how its run ended is told so; everything else is FOREIGN, never an error.

import type { Cursor } from '../cursor.ts';
import type { Finding, Job } from '../format.ts';

const TAIL = 4096;

interface Text {
  head: string;
  tail: string;
  bytes: number;
}

/** `format`: under which the place is marked. */
async function readEnds(
  input: Cursor,
  { marks }: Job,
  format: string,
): Promise<{ tail: Buffer; bytes: number }> {
  const start = input.position;
  const kept = marks.get(format);
  let tail = Buffer.from((kept?.state as string | undefined) ?? '', 'base64');
  if (kept) await input.skip(kept.offset - input.position);
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    tail = Buffer.concat([tail, bytes.subarray(Math.max(0, bytes.length - TAIL))]).subarray(-TAIL);
    const own = tail;
    marks.set(format, input.position, () => own.toString('base64'));
  }
  return { tail, bytes: input.position - start };
}

export async function readUnknown(input: Cursor, job: Job): Promise<Finding> {
  const { tail } = await readEnds(input, job, 'unknown');
  const reason =
    'no known backup format begins here: another kind of file, or one whose beginning was overwritten';
  return { format: 'unknown', content: 'FOREIGN', reason, layer: 'L1', facts: {}, tail };
}

export async function readText(input: Cursor, job: Job, head: Buffer): Promise<Finding> {
  const ends = await readEnds(input, job, 'text');
  const text: Text = { head: head.toString('utf8'), tail: ends.tail.toString('utf8'), bytes: ends.bytes };
  const error = TOOL_ERROR.exec(text.head)?.[0];
  if (error !== undefined)
    return {
      format: 'error-text',
      content: 'FOREIGN',
      reason: `an error message was saved instead of a backup: ${error.trim().slice(0, 160)}`,
      layer: 'L1',
      facts: {},
    };
  return {
    format: 'text',
    content: 'FOREIGN',
    reason: 'text, but no backup',
    layer: 'L1',
    facts: {},
    tail: ends.tail,
  };
}

const TOOL_ERROR =
  /^(?:(?:mysqldump|mariadb-dump|mysql|mariadb|mariabackup|xtrabackup|pg_dump|pg_dumpall|pg_basebackup|psql|exp|expdp|rman|ERROR|FATAL|ORA-\d{5}|EXP-\d{5}|UDE-\d{5}|RMAN-\d{5}|Msg \d+)(?:\.exe)?\b[^\n]*(?:error|denied|failed|unknown|could not|cannot|can't|no such|not found|refused|ORA-|EXP-|Level)[^\n]*)/im;

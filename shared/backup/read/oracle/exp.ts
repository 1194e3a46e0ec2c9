// Oracle's classic export: a head of text lines, records, and `EXIT` twice at the end, filled up with zeros to the record length.
// Promise: without that end it is not complete. The format carries no checksum.

import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';
import { inZone, isTime } from '../time.ts';
import { charsetName } from './charset.ts';

const HEAD =
  /^.{3}EXPORT:V(\d\d)\.(\d\d)\.(\d\d)\n([DU])([^\n]*)\n(RTABLES|RUSERS|RENTIRE|RTABLESPACES?)\n(\d+)\n/s;
const TAIL = 65_536;

export const EXP: Format = {
  name: 'oracle-exp',
  matches: (head) => head[0] === 3 && HEAD.test(head.toString('latin1', 0, 256)),
  read: readExp,
};

const SCOPES: Record<string, string> = { RTABLES: 'tables', RUSERS: 'users', RENTIRE: 'whole database' };

async function readExp(input: Cursor, job: Job): Promise<Finding> {
  await input.need(1024);
  const head = Buffer.from(input.peek(1024));
  const [, major, minor, patch, , user = '', scope = '', length = '0'] =
    HEAD.exec(head.toString('latin1', 0, 256)) ?? [];
  let tail = Buffer.alloc(0);
  let tables = 0;
  let carry = '';
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    const text = carry + bytes.toString('latin1');
    tables += text.split('\nTABLE "').length - 1;
    carry = text.slice(-8);
    tail = Buffer.concat([tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
  }
  const charset = head.readUInt16BE(1);
  const at = head.toString('latin1', 0x40, 0xa0);
  const started = startOf(at, job.zone);
  const facts: Finding['facts'] = {
    engine: 'oracle',
    kind: 'dump',
    database: user,
    version: [major, minor, patch].map(Number).join('.'),
    ...(started !== undefined && {
      startedAt: started,
      capturedAt: started,
      notices: [
        `times carry no zone; ${job.zone} was taken`,
        'without CONSISTENT=Y each table has its own moment',
      ],
    }),
    ...(tables > 0 && { tables }),
    checksums: false,
    chain: { of: 'dump', characterSet: charsetName(charset), snapshot: 'unknown' },
  };
  return {
    format: 'oracle-exp',
    layer: 'L1',
    ...verdict(tail, input.position, Number(length), SCOPES[scope] ?? scope),
    facts,
  };
}

function verdict(
  tail: Buffer,
  size: number,
  record: number,
  scope: string,
): Pick<Finding, 'content' | 'reason'> {
  let end = tail.length;
  while (end > 0 && tail[end - 1] === 0) end--;
  const exits = tail.toString('latin1', Math.max(0, end - 10), end) === 'EXIT\nEXIT\n';
  if (!exits) return { content: 'INCOMPLETE', reason: 'the dump ends without EXIT' };
  if (record > 0 && size % record !== 0)
    return { content: 'INCOMPLETE', reason: `the size is no multiple of the record length ${record}` };
  return { content: 'COMPLETE', reason: `ends with EXIT, exported ${scope}; the format has no checksum` };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sat Mar 1 1:30:0 2025`, as the client wrote it. */
function startOf(text: string, zone: string): string | undefined {
  const found = /([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}):(\d{1,2}):(\d{1,2}) +(\d{4})/.exec(text);
  if (!found) return undefined;
  const [day, hour, minute, second, year] = found.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const parts = { year, month: MONTHS.indexOf(found[1] ?? '') + 1, day, hour, minute, second };
  return isTime(parts) ? inZone(parts, zone) : undefined;
}

// A file of an Oracle Data Pump export, big-endian.
//
//   version[2] … GUID@15 file number[4]@31 block size[4]@35 charset[2]@39 date@41 … master table: block[4]@54 length[8]@58   job@0x43
//
// Promise: complete when the master table that its head names lies in its last block and the size is whole blocks. A further file of a
// set has no master table: it cannot be confirmed alone. Contents have no checksum.

import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';
import { inZone, isTime } from '../time.ts';
import { charsetName } from './charset.ts';

const HEAD = 0x400;
const VERSIONS: Record<number, string> = {
  0x0001: '10.1',
  0x0101: '10.2',
  0x0201: '11.1',
  0x0301: '11.2',
  0x0401: '12.1',
  0x0501: '12.2+',
};

export const EXPDP: Format = {
  name: 'oracle-expdp',
  matches(head) {
    if (head.length < 0x200) return false;
    const block = head.readUInt32BE(35);
    const number = head.readUInt32BE(31);
    const isPower = block >= 512 && block <= 1_048_576 && (block & (block - 1)) === 0;
    return (
      isPower &&
      number >= 1 &&
      number <= 9999 &&
      (head[1] === 1 || head[1] === 2) &&
      (head[0] ?? 255) <= 8 &&
      /^"[^"]{1,128}"\."[^"]{1,128}"/.test(jobOf(head))
    );
  },
  read: readExpdp,
};

function jobOf(head: Buffer): string {
  return head.toString('latin1', 0x43, 0x143).replace(/\0.*$/s, '');
}

async function readExpdp(input: Cursor, job: Job): Promise<Finding> {
  await input.need(HEAD);
  const head = Buffer.from(input.peek(HEAD));
  const block = head.readUInt32BE(35);
  const masterBlock = head.readUInt32BE(54);
  const masterLength = Number(head.readBigUInt64BE(58));
  await input.skip(Number.MAX_SAFE_INTEGER);
  const size = input.position;
  const guid = head.toString('hex', 15, 31);
  const number = head.readUInt32BE(31);
  const [owner = '', name = ''] = jobOf(head)
    .split('.')
    .map((part) => part.replaceAll('"', ''));
  const startedAt = dateOf(head, job.zone);
  const facts: Finding['facts'] = {
    engine: 'oracle',
    kind: 'dump',
    database: owner,
    version: text(head, 0x358) || (VERSIONS[head.readUInt16BE(0)] ?? ''),
    ...(startedAt !== undefined && {
      startedAt,
      capturedAt: startedAt,
      notices: [`times carry no zone; ${job.zone} was taken`],
    }),
    checksums: false,
    chain: {
      of: 'dump',
      characterSet: text(head, 0x2a2) || charsetName(head.readUInt16BE(39)),
      snapshot: 'unknown',
      dumpSet: { guid, number, job: name, hasMaster: masterBlock > 0 },
    },
  };
  return {
    format: 'oracle-expdp',
    layer: 'L1',
    ...verdict({ size, block, masterBlock, masterLength, number }),
    facts,
  };
}

function text(head: Buffer, at: number): string {
  return head.toString('latin1', at, at + 40).replace(/[^\x20-\x7e].*$/s, '');
}

function dateOf(head: Buffer, zone: string): string | undefined {
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = head.subarray(43, 48);
  const parts = { year: head.readUInt16BE(41), month, day, hour, minute, second };
  return isTime(parts) ? inZone(parts, zone) : undefined;
}

interface Sizes {
  size: number;
  block: number;
  masterBlock: number;
  masterLength: number;
  number: number;
}

function verdict({
  size,
  block,
  masterBlock,
  masterLength,
  number,
}: Sizes): Pick<Finding, 'content' | 'reason'> {
  if (size < HEAD) return { content: 'INCOMPLETE', reason: 'the head is cut' };
  if (size % block !== 0)
    return { content: 'INCOMPLETE', reason: `the size is no multiple of the block size ${block}` };
  if (masterBlock === 0)
    return {
      content: 'UNCONFIRMED',
      reason: `file ${number} of a set, without the master table: only the whole set can be judged`,
    };
  const end = (masterBlock - 1) * block + masterLength;
  if (end > size)
    return {
      content: 'INCOMPLETE',
      reason: `the master table ends at ${end}, behind the end of the file at ${size}`,
    };
  if (size - end >= block)
    return {
      content: 'CORRUPT',
      reason: `the master table ends at ${end}, ${size - end} bytes before the end of the file`,
    };
  return {
    content: 'COMPLETE',
    reason: 'the master table ends in the last block; contents have no checksum',
  };
}

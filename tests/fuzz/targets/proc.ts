// Line formats of a Linux machine and of the files that probes read. An input is the name of a reader and the text:
//
//   meminfo
//   MemTotal: …
//
// Promise under test: a text that is not of the format ends with an error that says so (a plain Error, which the schedule reports
// as PROBE_FAILED), never with a fault of the reader. A number that is none goes out as null.

import assert from 'node:assert/strict';
import { parseListeners } from '../../../agent/discover/listeners.ts';
import { parseProcStat } from '../../../agent/probes/cpu/linux.ts';
import { parseMounts } from '../../../agent/probes/disk/linux.ts';
import { parseDiskstats } from '../../../agent/probes/diskio/linux.ts';
import { parseMarker } from '../../../agent/probes/feed/marker.ts';
import { decodeBody } from '../../../agent/probes/http/request.ts';
import { parseMeminfo } from '../../../agent/probes/mem/linux.ts';
import { parseNetDev } from '../../../agent/probes/net/linux.ts';
import { parseStat } from '../../../agent/probes/proc.ts';
import { parseSwap } from '../../../agent/probes/swap/linux.ts';
import { parseLoadavg, parseStat as parseSystemStat } from '../../../agent/probes/system/linux.ts';
import { countUtmp, isUserSession } from '../../../agent/probes/system/sessions.ts';
import { parseSegmentName } from '../segment-name.ts';
import { parseSeriesKey, seriesKey } from '../../../shared/catalogue.ts';
import type { Shape, Target } from '../target.ts';

const meminfo = 'MemTotal:  1000 kB\nMemFree: 10 kB\nCached: 5 kB\nSwapTotal: 4 kB\nSwapFree: 1 kB\n';
const disk = '   8       0 sda 10 1 20 3 4 5 6 7 0 8 9 0 0 0 0\n';
const net =
  'Inter-|   Receive\n face |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\neth0:1: 1 2 3 4 0 0 0 0 9 1 1 1\n';
const stat =
  '42 (nis (web)) S 1 42 42 0 -1 4194304 1 2 3 4 50 60 0 0 20 0 1 0 777 1000 55 18446744073709551615 1\n';
const tcp =
  '  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1\n';

const READERS: Readonly<Record<string, { sample: string; read: (text: string, bytes: Buffer) => unknown }>> =
  {
    meminfo: { sample: meminfo, read: parseMeminfo },
    swap: { sample: meminfo, read: (text) => parseSwap(text, 'pswpin 1\npswpout 2\n', 4096) },
    vmstat: { sample: 'pswpin 1\npswpout 2\n', read: (text) => parseSwap(meminfo, text, 4096) },
    cpu: { sample: 'cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4\n', read: parseProcStat },
    system: { sample: 'cpu 1\ncpu0 1\nbtime 1790000000\n', read: parseSystemStat },
    loadavg: { sample: '0.1 0.2 0.3 1/2 3\n', read: parseLoadavg },
    diskstats: { sample: disk, read: parseDiskstats },
    netdev: { sample: net, read: parseNetDev },
    mounts: { sample: '/dev/sda1 /\\040x ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n', read: parseMounts },
    stat: { sample: stat, read: parseStat },
    listeners: { sample: tcp, read: (text) => [...parseListeners(text)] },
    marker: { sample: '2026-03-02T10:00:00+08:00\n', read: parseMarker },
    utmp: { sample: '\u0007'.padEnd(384, '\0'), read: (_, bytes) => countUtmp(bytes) },
    session: { sample: 'CLASS=user\nSTATE=active\n', read: isUserSession },
    body: { sample: '<meta charset="gbk">\n院\n', read: (_, bytes) => decodeBody(bytes) },
    segment: {
      sample: `0000000012_${'ab'.repeat(16)}_40_99_60_1767225600000.full.zst`,
      read: parseSegmentName,
    },
    series: { sample: 'disk_used_percent{path="/",host="a\\"b"}', read: readSeries },
  };

/** A key that is read comes back the same, labels in order. */
function readSeries(text: string): void {
  const found = parseSeriesKey(text);
  if (!found) return;
  const key = seriesKey(found.name, found.labels);
  assert.deepEqual(parseSeriesKey(key), found);
}

const head: Shape = {
  open(input) {
    const bytes = Buffer.from(input);
    const end = bytes.indexOf(10);
    return end < 0 ? undefined : [bytes.subarray(0, end), bytes.subarray(end + 1)];
  },
  close: ([name = Buffer.alloc(0), ...text]) => Buffer.concat([name, Buffer.from('\n'), ...text]),
};

export const procFiles: Target = {
  name: 'proc',
  samples: Object.entries(READERS).map(([name, { sample }]) => Buffer.from(`${name}\n${sample}`)),
  refuses: [],
  shape: head,
  run(input) {
    const [name, text] = head.open(input) ?? [];
    const reader = READERS[Buffer.from(name ?? []).toString()];
    if (!reader || !Object.hasOwn(READERS, Buffer.from(name ?? []).toString())) return;
    const bytes = Buffer.from(text ?? []);
    try {
      reader.read(bytes.toString(), bytes);
    } catch (error) {
      // A sentence about the text is an answer; a TypeError is a fault.
      if (error instanceof Error && error.constructor === Error) return;
      throw error;
    }
  },
};

// What a flooding agent sends, by kind: frames as raw bytes, so that making them costs the flooder next to nothing. Masked with
// zeros, as a client may.

import { createHash } from 'node:crypto';
import { LIMITS } from '../../../shared/frame.ts';
import { COLUMNS, SERIES_ID } from '../ingest/plan.ts';

/** A flood's next piece of many frames; `next` is the number that the stream of valid reports has come to. */
export interface Flood {
  about: string;
  piece(stream: string, next: number): { bytes: Buffer; frames: number };
}

const PIECE_BYTES = 512 * 1024;
const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;

/** One whole WebSocket frame. */
export function framed(payload: Buffer | string, opcode = TEXT): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const head = Buffer.alloc(14);
  head[0] = opcode;
  let at = 2;
  if (body.length < 126) head[1] = 0x80 | body.length;
  else if (body.length < 65_536) {
    head[1] = 0x80 | 126;
    at = head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 0x80 | 127;
    at = head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head.subarray(0, at + 4), body]);
}

/** The same frames again and again, as many as fill a piece. */
function always(about: string, frames: Buffer[]): Flood {
  const all: Buffer[] = [];
  let size = 0;
  for (let i = 0; size < PIECE_BYTES || i < frames.length; i++) {
    const frame = frames[i % frames.length] as Buffer;
    all.push(frame);
    size += frame.length;
  }
  const piece = { bytes: Buffer.concat(all), frames: all.length };
  return { about, piece: () => piece };
}

const VALUES = JSON.stringify(COLUMNS.map((_, i) => i * 1.5));

function reports(about: string, count: number, more: () => string): Flood {
  return {
    about,
    piece(stream, next) {
      const at = Date.now();
      const head = `{"t":"report","stream":"${stream}","seq":`;
      const tail = `,"series":"${SERIES_ID}","at":${at},"off":0,"boot":"bench","v":${VALUES}${more()}}`;
      const frames = Array.from({ length: count }, (_, i) => framed(`${head}${next + i}${tail}`));
      return { bytes: Buffer.concat(frames), frames: count };
    },
  };
}

function manyEvents(): string {
  const at = Date.now();
  const events = Array.from({ length: 200 }, (_, i) => ({
    at: at - i,
    kind: 'service.down',
    subject: `s${at}-${i}`,
  }));
  const checks = Array.from({ length: 200 }, (_, i) => ({
    id: `service:s${i}`,
    status: i % 2 === at % 2 ? 'ok' : 'critical',
  }));
  return `,"events":${JSON.stringify(events)},"checks":${JSON.stringify(checks)}`;
}

/** The same two thousand columns, each time in another order: another list, and no series more. */
function lists(count: number): Buffer[] {
  const columns = Array.from({ length: 1_900 }, (_, i) => `service_up{name="s${i}"}`);
  return Array.from({ length: count }, (_, n) => {
    const turned = [...columns.slice(n), ...columns.slice(0, n)];
    const id = createHash('sha256').update(turned.join('\n')).digest('hex').slice(0, 16);
    return framed(JSON.stringify({ t: 'series', id, columns: turned }));
  });
}

const spaces = (bytes: number): string => `${' '.repeat(bytes - 2)}{}`;

/** By name; each is made when it is first used. */
export const FLOODS: Readonly<Record<string, () => Flood>> = {
  reports: () => reports('valid reports in order, far more than an agent may send', 500, () => ''),
  events: () => reports('valid reports, each with 200 events and 200 checks', 20, manyEvents),
  beats: () => always('beats', [framed('{"t":"beat","n":1,"at":1}')]),
  repeats: () => {
    const text = (stream: string): string =>
      `{"t":"report","stream":"${stream}","seq":0,"series":"${SERIES_ID}","at":${Date.now()},"off":0,"boot":"bench","v":${VALUES}}`;
    let made: { stream: string; flood: Flood } | undefined;
    return {
      about: 'the first report again and again',
      piece(stream, next) {
        if (made?.stream !== stream) made = { stream, flood: always('', [framed(text(stream))]) };
        return made.flood.piece(stream, next);
      },
    };
  },
  lists: () => always('five hundred lists of 1,900 columns', lists(500)),
  garbage: () =>
    always('text that is no frame, and bytes', [framed('x'.repeat(100)), framed('{"t":', BINARY)]),
  oversized: () =>
    always('frames just above the limit, and far above it', [
      framed(spaces(LIMITS.frameBytes + 500)),
      framed(spaces(4 * LIMITS.frameBytes)),
    ]),
  pings: () => always('pings of the WebSocket itself', [framed('', PING)]),
  /** Nothing is sent: the connection is made anew again and again. */
  connects: () => ({
    about: 'a new connection as soon as the last is open',
    piece: () => ({ bytes: Buffer.alloc(0), frames: 0 }),
  }),
};

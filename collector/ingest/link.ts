// The WebSocket below a conversation: the only place that knows ws. Promise: nothing is accepted on another path, from a browser
// or beyond the limits; the way in which a connection ended is told as far as it can be seen.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ErrorCode } from '../../shared/errors.ts';
import { LIMITS, LINK_PATH } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { Connection, Wire } from './hall.ts';
import type { Ingest } from './ingest.ts';
import { Sieve } from './sieve.ts';

/** The second byte of a frame's head by its length. */
const SHORT_HEAD = Array.from({ length: 126 }, (_, length) => String.fromCharCode(length));
/** How long a refused agent has to read why. */
const CUT_MS = 1_000;
/** More than a few frames at once. */
const MUCH_BYTES = 4_096;
const MAX_PAYLOAD = LIMITS.frameBytes + 1024;

/** Takes the upgrades of LINK_PATH on this server. Returns what detaches it again. */
export function attachLink(server: Server, ingest: Ingest): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
    maxFragments: 64,
    maxBufferedChunks: 1024,
    clientTracking: false,
    // Counted like any other frame before it is answered.
    autoPong: false,
  });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== LINK_PATH) {
      // Somebody else may serve another path on this server.
      if (server.listenerCount('upgrade') === 1) turnAway(socket, '404 Not Found');
      return;
    }
    // Only browsers send an origin, and no page has business here.
    if (request.headers.origin !== undefined) return turnAway(socket, '403 Forbidden');
    if (!ingest.hasRoom()) return turnAway(socket, '503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (ws) => serve(ws, socket, ingest));
  };
  server.on('upgrade', upgrade);
  return () => server.off('upgrade', upgrade);
}

function turnAway(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function serve(ws: WebSocket, socket: Duplex, ingest: Ingest): void {
  let kind: CloseKind = 'closed';
  const connection = ingest.connect(wireOf(ws, socket), { via: 'websocket' });
  sift(socket, connection);
  ws.on('message', (data: RawData, binary: boolean) => {
    // One fragment arrives as one Buffer, which is all that `nodebuffer` (the default) can give.
    const bytes = data as Buffer;
    if (connection.drops()) return;
    if (binary) connection.receive('', 0);
    else connection.receive(bytes.toString(), bytes.length);
  });
  ws.on('ping', (data: Buffer) => {
    if (!connection.drops() && connection.pinged()) ws.pong(data);
  });
  ws.on('error', (error: NodeJS.ErrnoException) => {
    kind = kindOf(error);
    if (kind !== 'refused') return;
    connection.ended(kind);
    cutSoon(ws, socket);
    // ws reads on after an error, to throw away what comes: not from a flood.
    setImmediate(() => socket.pause());
  });
  ws.on('close', () => connection.ended(kind));
}

/** Takes plain reports out of what the socket brings, before ws, whose listener is the only one for data, gets the rest. */
function sift(socket: Duplex, connection: Connection): void {
  const listeners = socket.listeners('data') as ((this: Duplex, bytes: Buffer) => void)[];
  const [toWs] = listeners;
  if (!toWs || listeners.length > 1) throw new Error('ws reads its socket in another way than it did');
  socket.off('data', toWs);
  const sieve = new Sieve({
    longest: LIMITS.frameBytes,
    drops: () => connection.drops(),
    take: (bytes, from, to) => connection.receivePlain(bytes, from, to),
    pass: (bytes) => toWs.call(socket, bytes),
  });
  socket.on('data', (bytes: Buffer) => {
    // What a flood is answered leaves in one write, or its answers would cost more than all else.
    const isMuch = bytes.length >= MUCH_BYTES;
    if (isMuch) socket.cork();
    sieve.push(bytes);
    if (isMuch) socket.uncork();
  });
  // What a paused socket still holds when it closes ws would read by itself, out of step with a frame that is begun here.
  socket.prependListener('close', () => {
    const rest = socket.read() as Buffer | null;
    if (rest) sieve.push(rest);
  });
}

function kindOf(error: NodeJS.ErrnoException): CloseKind {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'timeout';
    default:
      // Refused by ws itself: too large, not UTF-8, a broken frame.
      return error.code?.startsWith('WS_ERR_') ? 'refused' : 'closed';
  }
}

function wireOf(ws: WebSocket, socket: Duplex): Wire {
  return {
    send: (text) => ws.send(text),
    sendShort(text) {
      // One whole unmasked text frame in one write: half the cost of ws.send, which writes head and text as two buffers.
      // Without compression ws keeps no queue of its own, so whole frames cannot get into each other.
      if (ws.readyState === ws.OPEN) socket.write(`\x81${SHORT_HEAD[text.length]}${text}`, 'latin1');
    },
    close: (code) => closeSoon(ws, socket, code),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    bufferedBytes: () => ws.bufferedAmount,
  };
}

function closeSoon(ws: WebSocket, socket: Duplex, code: ErrorCode | 'IDLE' | 'REPLACED' | 'STOPPING'): void {
  // Nobody answers on a dead connection: waiting for the closing handshake would only hold memory.
  if (code === 'IDLE') return ws.terminate();
  if (code === 'STOPPING' || code === 'REPLACED') {
    // A paused socket would never read the answer to its close.
    ws.resume();
    ws.close(code === 'STOPPING' ? 1001 : 1008, code);
    return;
  }
  ws.close(1008, code);
  cutSoon(ws, socket);
}

/** Who was refused is told so, and then not read from any more, whatever it still sends. */
function cutSoon(ws: WebSocket, socket: Duplex): void {
  socket.end();
  socket.pause();
  setTimeout(() => ws.terminate(), CUT_MS).unref();
}

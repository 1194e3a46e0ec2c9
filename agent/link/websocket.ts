// Frames over one WebSocket. Promise: no compression, bounded messages, and an end that says whether the upgrade itself was refused.

import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { decodeCollectorFrame, encodeFrame, LINK_PATH } from '../../shared/frame.ts';
import { describeError } from '../../shared/errors.ts';
import { dial } from './dial.ts';
import { addressOf } from './post.ts';
import type { OpenTransport, Transport, TransportEvents, TransportOptions } from './transport.ts';

const MESSAGE_BYTES = 1024 * 1024;
/** How long a closed peer may take to say so before the socket is cut. */
const CLOSE_MS = 3000;

export const openWebSocket: OpenTransport = (options, events) => {
  const shell: { socket?: WebSocket; done: boolean } = { done: false };
  const end = (message: string, upgradeRefused = false): void => {
    if (shell.done) return;
    shell.done = true;
    events.closed({ message, upgradeRefused });
  };
  const url = addressOf(options.url, LINK_PATH);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  dial(url, options.dial).then(
    (raw) => {
      if (shell.done) raw.destroy();
      else shell.socket = attach(raw, url, options, events, end);
    },
    (error: unknown) => end(describeError(error)),
  );
  return handle(shell, options, end);
};

function attach(
  raw: Socket,
  url: URL,
  options: TransportOptions,
  events: TransportEvents,
  end: (message: string, upgradeRefused?: boolean) => void,
): WebSocket {
  const socket = new WebSocket(url, {
    createConnection: () => raw,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES,
    handshakeTimeout: options.dial.timeoutMs,
    followRedirects: false,
  });
  let upgraded = false;
  socket.once('open', () => {
    upgraded = true;
  });
  socket.once('unexpected-response', (request, answer) => {
    const status = answer.statusCode ?? 0;
    request.destroy();
    // 429 and 5xx of a reverse proxy mean that the collector is away, not that WebSocket is forbidden.
    end(`the upgrade was answered with ${status}`, status < 500 && status !== 429);
  });
  // A middlebox that cuts the connection at the upgrade looks like this too.
  socket.on('error', (error) => end(error.message, !upgraded));
  socket.once('close', (code) => end(`closed (${code})`, !upgraded));
  socket.on('message', (data: RawData, binary: boolean) => {
    try {
      if (binary) throw new Error('a binary message');
      events.frame(decodeCollectorFrame(String(data)));
    } catch (error) {
      end(`the collector sent nonsense: ${describeError(error)}`);
      socket.terminate();
    }
  });
  return socket;
}

function handle(
  shell: { socket?: WebSocket; done: boolean },
  options: TransportOptions,
  end: (message: string) => void,
): Transport {
  return {
    send(frame) {
      if (shell.socket?.readyState === WebSocket.OPEN) shell.socket.send(encodeFrame(frame));
    },
    close() {
      const socket = shell.socket;
      if (!socket) return end('closed');
      socket.close(1000);
      const cut = options.clock.after(CLOSE_MS, () => socket.terminate());
      socket.once('close', () => cut.cancel());
    },
  };
}

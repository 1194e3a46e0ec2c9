// A TCP proxy that can do to a link what real networks do: cut it, stall it (half-open), delay it, read from it slowly, refuse new
// connections, flip a bit. Deterministic: it does only what it is told.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Resets every connection now and refuses new ones until `heal`. */
  cut(): void;
  /** Keeps connections open but moves no byte until `heal`: a half-open link. */
  stall(): void;
  heal(): void;
  delayMs: number;
  /** How fast what the target sends is taken from it; Infinity: as fast as it comes. */
  takeBytesPerSecond: number;
  /** Flips one bit in the next chunk that goes to the target. */
  corruptNext(): void;
  connections(): number;
  close(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket]>();
  let mode: 'open' | 'cut' | 'stalled' = 'open';
  let corrupt = false;
  const held: (() => void)[] = [];

  const proxy: Proxy = {
    port: 0,
    delayMs: 0,
    takeBytesPerSecond: Infinity,
    cut() {
      mode = 'cut';
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    stall: () => {
      mode = 'stalled';
    },
    heal() {
      mode = 'open';
      for (const release of held.splice(0)) release();
    },
    corruptNext: () => {
      corrupt = true;
    },
    connections: () => pairs.size,
    close: () =>
      new Promise((done) => {
        for (const pair of pairs) for (const socket of pair) socket.destroy();
        server.close(() => done());
      }),
  };

  const server: Server = createServer((inbound) => {
    if (mode === 'cut') {
      inbound.resetAndDestroy();
      return;
    }
    const outbound = connect(targetPort, '127.0.0.1');
    const pair: [Socket, Socket] = [inbound, outbound];
    pairs.add(pair);
    pump(inbound, outbound, true);
    pump(outbound, inbound, false);
    outbound.on('data', (chunk: Buffer) => take(outbound, chunk.length));
  });

  /** The target's next bytes are not read before these would have passed a line so slow. */
  function take(from: Socket, bytes: number): void {
    if (proxy.takeBytesPerSecond === Infinity) return;
    from.pause();
    setTimeout(() => from.resume(), (1000 * bytes) / proxy.takeBytesPerSecond);
  }

  function pump(from: Socket, to: Socket, towardsTarget: boolean): void {
    from.on('data', (chunk: Buffer) => {
      const bytes = Buffer.from(chunk);
      if (corrupt && towardsTarget && bytes.length > 0) {
        const i = bytes.length - 1;
        bytes[i] = (bytes[i] ?? 0) ^ 1;
        corrupt = false;
      }
      const pass = () => to.write(bytes);
      if (mode === 'stalled') held.push(pass);
      else if (proxy.delayMs > 0) setTimeout(pass, proxy.delayMs);
      else pass();
    });
    const end = () => {
      for (const pair of pairs) if (pair.includes(from)) pairs.delete(pair);
      if (mode === 'stalled') return;
      to.destroy();
    };
    from.on('close', end);
    from.on('error', end);
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

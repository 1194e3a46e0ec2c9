// One visit to a TCP port, as the probes that look at ports make it. Promise: it connects and hangs up, sends nothing, and ends
// in time.

import { connect } from 'node:net';
import type { Clock } from '../../shared/clock.ts';

export interface Address {
  host: string;
  port: number;
  timeoutMs: number;
}

/** Milliseconds until the port accepted. Rejects with the system's error; `ETIMEDOUT` when nothing answered in time. */
export function connectMs(address: Address, clock: Clock, signal: AbortSignal): Promise<number> {
  const startedMs = clock.monotonic();
  return new Promise<number>((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port });
    const giveUp = (): void => {
      socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
    };
    const timer = clock.after(address.timeoutMs, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('connect', () => {
      resolve(clock.monotonic() - startedMs);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
    });
  });
}

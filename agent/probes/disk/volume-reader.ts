// Asks volumes for their space, each with its own patience. Promise: one volume has at most one call under way, however often it
// is asked, and volumes of other machines together never hold more than two: a call to a dead server keeps a thread of the
// pool until the server comes back, and the agent has sixteen.

import type { Host, Statfs } from '../probe.ts';

export type Outcome =
  | { kind: 'space'; space: Statfs }
  | { kind: 'gone'; error: Error }
  | { kind: 'failed'; error: Error }
  | { kind: 'silent' };

interface Asked {
  root: string;
  network: boolean;
}

const HUNG_NETWORK_CALLS = 2;

export function volumeReader(
  host: Pick<Host, 'statfs' | 'clock'>,
  patienceMs: number,
): (volume: Asked, signal: AbortSignal) => Promise<Outcome> {
  /** Calls that outlasted their patience and have still not come back; the value: to another machine. */
  const hung = new Map<string, boolean>();

  const ask = (volume: Asked): Promise<Outcome> =>
    host.statfs(volume.root).then(
      (space): Outcome => ({ kind: 'space', space }),
      (error: NodeJS.ErrnoException): Outcome => ({
        kind: GONE.has(error.code ?? '') ? 'gone' : 'failed',
        error,
      }),
    );

  return async (volume, signal) => {
    if (hung.has(volume.root)) return { kind: 'silent' };
    if (volume.network && [...hung.values()].filter(Boolean).length >= HUNG_NETWORK_CALLS)
      return { kind: 'silent' };
    const answer = ask(volume);
    const first = await firstOf(answer, host, patienceMs, signal);
    if (first === 'late') {
      hung.set(volume.root, volume.network);
      void answer.then(() => hung.delete(volume.root));
      return { kind: 'silent' };
    }
    return first;
  };
}

// ENODEV and ENXIO: a stick or a disk was pulled; ENOTCONN: the fuse server of the mount is gone.
const GONE = new Set(['ENOENT', 'ENODEV', 'ENXIO', 'ENOTCONN', 'ENOTDIR']);

function firstOf(
  answer: Promise<Outcome>,
  host: Pick<Host, 'clock'>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Outcome | 'late'> {
  return new Promise((resolve) => {
    const late = (): void => resolve('late');
    const timer = host.clock.after(patienceMs, late);
    if (signal.aborted) late();
    signal.addEventListener('abort', late, { once: true });
    void answer.then((outcome) => {
      timer.cancel();
      signal.removeEventListener('abort', late);
      resolve(outcome);
    });
  });
}

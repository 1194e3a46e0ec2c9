// What has been read lies outside the heap, where V8 sees little pressure: without more, some 50 MiB of it would wait for the next
// collection. Promise: a young collection, which costs about a millisecond, after so many bytes; the memory of a reading stays near what
// it holds in its hands.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' | 'major' }) => void;

const EVERY_BYTES = 8 * 1024 * 1024;

/** To be told of all bytes that were read. */
export function openSweep(collect: Collect = collector()): (bytes: number) => void {
  let since = 0;
  return (bytes) => {
    since += bytes;
    if (since < EVERY_BYTES) return;
    since = 0;
    collect({ type: 'minor' });
  };
}

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

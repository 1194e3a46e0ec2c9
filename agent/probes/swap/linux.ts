// Reads sizes from /proc/meminfo and the traffic since boot from /proc/vmstat, which some containers do not show.

import { parseNamedNumbers } from '../named-numbers.ts';
import type { Host } from '../probe.ts';
import type { Swap } from './space.ts';

const SIZES = new Set(['SwapTotal', 'SwapFree']);
const TRAFFIC = new Set(['pswpin', 'pswpout']);
const AT_PAGESZ = 6n;

/** A reader that learns the page size once: /proc/vmstat counts pages, which are 64 KiB on some arm64 systems. */
export function linuxSwapReader(host: Host): () => Promise<Swap> {
  let pageBytes: number | undefined;
  return async () => {
    pageBytes ??= await host.readHead('/proc/self/auxv', 1024).then(pageBytesOf, () => 4096);
    const meminfo = await host.readText('/proc/meminfo');
    const vmstat = await host.readText('/proc/vmstat').catch(() => '');
    return parseSwap(meminfo, vmstat, pageBytes);
  };
}

/** The auxiliary vector: pairs of 64-bit words, kind and value, in the order of the processor (little-endian where Node 26 runs). */
export function pageBytesOf(auxv: Uint8Array): number {
  const words = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (let at = 0; at + 16 <= auxv.byteLength; at += 16) {
    if (words.getBigUint64(at, true) === AT_PAGESZ) return Number(words.getBigUint64(at + 8, true));
  }
  return 4096;
}

export function parseSwap(meminfo: string, vmstat: string, pageBytes: number): Swap {
  const sizes = parseNamedNumbers(meminfo, SIZES);
  const traffic = parseNamedNumbers(vmstat, TRAFFIC);
  const total = sizes.get('SwapTotal');
  if (total === undefined) throw new Error('/proc/meminfo holds no SwapTotal');
  const [pagesIn, pagesOut] = [traffic.get('pswpin'), traffic.get('pswpout')];
  return {
    totalBytes: total * 1024,
    usedBytes: (total - (sizes.get('SwapFree') ?? total)) * 1024,
    ...(pagesIn === undefined ? {} : { inBytes: pagesIn * pageBytes }),
    ...(pagesOut === undefined ? {} : { outBytes: pagesOut * pageBytes }),
  };
}

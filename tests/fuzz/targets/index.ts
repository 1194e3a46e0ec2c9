// The list of fuzz targets.

import type { Target } from '../target.ts';
import { agentFile, collectorFile, configData } from './config.ts';
import { frame } from './frame.ts';
import { openHttp } from './http.ts';
import { closedSegment, ledger, openSegment } from './spool.ts';
import { chunk, groupBody, journal, rollup } from './store.ts';

const ready = (target: Target) => (): Promise<Target> => Promise.resolve(target);

const READERS = [
  frame,
  openSegment,
  closedSegment,
  ledger,
  agentFile,
  collectorFile,
  configData,
  chunk,
  rollup,
  journal,
  groupBody,
];

/** Opened when their turn comes: the last one is a whole server. */
export const TARGETS: readonly (() => Promise<Target>)[] = [...READERS.map(ready), openHttp];

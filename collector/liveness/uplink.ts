// The collector's own uplink: whether it could hear anybody at all. Promise: when none of the targets answers twice in a row,
// or the machine has lost all its network addresses, the collector doubts itself and calls no host silent.

import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../services.ts';

export interface UplinkOptions {
  /** `host:port` each; empty: only the machine's own addresses are looked at. */
  targets: readonly string[];
  clock: Clock;
  log: Log;
  onTrouble(on: boolean): void;
  /** Tests give their own. */
  reaches?: (target: string) => Promise<boolean>;
  hasAddress?: () => boolean;
}

const EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 3_000;
/** One lost packet is no cut. */
const FAILURES = 2;

export interface UplinkState {
  failures: number;
  trouble: boolean;
  /** An isolated test machine never had an address: then the lack of one means nothing. */
  hadAddress: boolean;
}

/** One look, pure. */
export function judgeUplink(
  state: UplinkState,
  look: { reached: boolean; hasAddress: boolean },
): UplinkState {
  const hadAddress = state.hadAddress || look.hasAddress;
  const isCut = !look.reached || (hadAddress && !look.hasAddress);
  const failures = isCut ? state.failures + 1 : 0;
  return { hadAddress, failures, trouble: failures >= FAILURES };
}

export function watchUplink(options: UplinkOptions): { stop(): void } {
  const { targets, clock, log, reaches = canConnect, hasAddress = ownsAddress } = options;
  let state: UplinkState = { failures: 0, trouble: false, hadAddress: false };
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const answers = await Promise.all(targets.map(reaches));
    looking = false;
    const next = judgeUplink(state, {
      reached: targets.length === 0 || answers.includes(true),
      hasAddress: hasAddress(),
    });
    if (next.trouble !== state.trouble) {
      if (next.trouble)
        log.error({ targets }, 'the collector has lost its uplink: no host is called silent meanwhile');
      else log.info({ targets }, 'the uplink is back');
      options.onTrouble(next.trouble);
    }
    state = next;
  };
  const timer = clock.every(EVERY_MS, () => void look());
  return { stop: () => timer.cancel() };
}

function ownsAddress(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((address) => !address.internal));
}

function canConnect(target: string): Promise<boolean> {
  const at = target.lastIndexOf(':');
  return new Promise((done) => {
    const socket = connect({
      host: target.slice(0, at),
      port: Number(target.slice(at + 1)),
      timeout: ANSWER_WITHIN_MS,
    });
    const end = (reached: boolean) => {
      socket.destroy();
      done(reached);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    // A refusal is an answer too: the way there is open.
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}

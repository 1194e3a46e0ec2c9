// Whether this process goes on from an older image of its memory: a virtual machine was set back to a snapshot that holds its memory.
// The same stream and the same numbers then come twice with different reports, and a watermark no longer says what is durable. Pure.
//
//   - the collector has numbers of the live stream that this process never gave out: they are of the life that was undone;
//   - or the collector's clock is far ahead of where it was against ours, which stood still, and it has numbers that it never
//     acknowledged to us: they may be of that life, or of this one before the machine was merely suspended.
//
// Promise: no number that another life may have used is taken for this one's. Those in doubt are declared lost in a new live stream.

import type { Draft, View } from './state.ts';

/** More than any answer that still comes in time can be late. */
const JUMP_MS = 30_000;

/** At each challenge and welcome: `at` is the collector's time. */
export function noteCollectorTime(draft: Draft, at: number, view: View, isFirst: boolean): void {
  const aheadMs = at - view.mono;
  if (aheadMs - draft.aheadMs > JUMP_MS) draft.timeJumped = true;
  // A late answer makes it seem less, never more; a clock that was set back is followed at the next connection.
  draft.aheadMs = isFirst || draft.aheadMs === Infinity ? aheadMs : Math.max(draft.aheadMs, aheadMs);
}

/** After each step: what of the live stream was ever handed to a transport. */
export function noteOffered(draft: Draft, view: View): void {
  const stream = view.spool.liveStream;
  const sent = draft.session?.lanes.get(stream)?.sent ?? -1;
  if (draft.offered?.stream !== stream) draft.offered = { stream, seq: sent };
  else if (sent > draft.offered.seq) draft.offered = { stream, seq: sent };
}

export function noteAcked(draft: Draft, stream: string, seq: number): void {
  if (draft.offered?.stream === stream) draft.acked = { stream, seq };
}

/** The collector says that it has all up to `seq` of this stream. */
export function isOfAnotherLife(draft: Draft, stream: string, seq: number): boolean {
  const { offered, timeJumped } = draft;
  if (offered?.stream !== stream) return false;
  const acked = draft.acked?.stream === stream ? draft.acked.seq : -1;
  return seq > offered.seq || (timeJumped && seq > acked);
}

// The same frames by `POST /agent/v1/frames`, for places whose proxy refuses WebSocket. Each post opens with a hello signed for
// the nonce that the last answer brought, so a recorded post is worth nothing. Promise: one post at a time, in order; frames
// gather while it is under way; an idle link posts only the machine's beats.

import {
  type AgentFrame,
  CHALLENGE_PATH,
  type CollectorFrame,
  decodeCollectorFrame,
  encodeFrame,
  FRAMES_PATH,
  type Series,
} from '../../shared/frame.ts';
import { describeError } from '../../shared/errors.ts';
import { openPoster, type Poster } from './post.ts';
import type { OpenTransport, TransportEvents, TransportOptions } from './transport.ts';

const POST_BYTES = 512 * 1024;
/** Lets the frames of one step travel together. */
const GATHER_MS = 20;

export const openHttp: OpenTransport = (options, events) => {
  const poster = openPoster(options.url, options.dial);
  const session = new HttpSession(options, events, poster);
  void session.challenge();
  return session;
};

class HttpSession {
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #poster: Poster;
  readonly #series = new Map<string, Series>();
  #queue: AgentFrame[] = [];
  #nonce: string | undefined;
  #posting = false;
  #scheduled = false;
  #closing = false;
  #done = false;

  constructor(options: TransportOptions, events: TransportEvents, poster: Poster) {
    this.#options = options;
    this.#events = events;
    this.#poster = poster;
  }

  async challenge(): Promise<void> {
    try {
      const body = JSON.stringify({ agent: this.#options.agent });
      const answer = await this.#poster.post(CHALLENGE_PATH, 'application/json', body);
      this.#take(readFrames(answer));
    } catch (error) {
      this.#end(describeError(error));
    }
  }

  send(frame: AgentFrame): void {
    // Columns are declared once per connection; here every post is one, so they are kept and repeated with the reports that need them.
    if (frame.t === 'series') this.#series.set(frame.id, frame);
    else if (frame.t !== 'hello') this.#queue.push(frame);
    this.#schedule();
  }

  close(): void {
    this.#closing = true;
    if (this.#queue.length === 0 && !this.#posting) this.#end('closed');
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#posting || this.#done) return;
    this.#scheduled = true;
    this.#options.clock.after(GATHER_MS, () => {
      this.#scheduled = false;
      void this.#post();
    });
  }

  async #post(): Promise<void> {
    const nonce = this.#nonce;
    if (nonce === undefined || this.#posting || this.#done) return;
    this.#nonce = undefined;
    this.#posting = true;
    try {
      const body = [encodeFrame(this.#options.hello(nonce)), ...this.#nextLines()].join('\n');
      const answer = await this.#poster.post(FRAMES_PATH, 'application/x-ndjson', `${body}\n`);
      this.#posting = false;
      this.#take(readFrames(answer));
    } catch (error) {
      this.#end(describeError(error));
    }
    this.#posting = false;
    if (this.#closing && this.#queue.length === 0) this.#end('closed');
    else if (this.#queue.length > 0) this.#schedule();
  }

  /** As many waiting frames as fit one post, each report with its columns before it. */
  #nextLines(): string[] {
    const lines: string[] = [];
    const declared = new Set<string>();
    let bytes = 0;
    let taken = 0;
    for (const frame of this.#queue) {
      const series = frame.t === 'report' ? this.#series.get(frame.series) : undefined;
      const add = [encodeFrame(frame)];
      if (series && !declared.has(series.id)) add.unshift(encodeFrame(series));
      const size = add.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      if (taken > 0 && bytes + size > POST_BYTES) break;
      if (series) declared.add(series.id);
      lines.push(...add);
      bytes += size;
      taken += 1;
    }
    this.#queue = this.#queue.slice(taken);
    return lines;
  }

  #take(frames: CollectorFrame[]): void {
    for (const frame of frames) {
      if (this.#done) return;
      const first = this.#nonce === undefined && frame.t === 'challenge' && !this.#greeted;
      if (frame.t === 'challenge') this.#nonce = frame.nonce;
      // Only the first challenge opens a conversation; the later ones are answered here, at the next post.
      if (frame.t !== 'challenge' || first) this.#events.frame(frame);
      if (first) this.#greeted = true;
    }
    if (this.#nonce === undefined) this.#end('the answer brought no challenge for the next post');
  }
  #greeted = false;

  #end(message: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#poster.close();
    this.#events.closed({ message, upgradeRefused: false });
  }
}

function readFrames(answer: { status: number; body: string }): CollectorFrame[] {
  const lines = answer.body.split('\n').filter((line) => line.trim() !== '');
  try {
    return lines.map((line) => decodeCollectorFrame(line));
  } catch (cause) {
    if (answer.status === 200) throw cause;
    throw new Error(`the collector answers with ${answer.status}`, { cause });
  }
}

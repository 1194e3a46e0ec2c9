// Time as a parameter. Decisions take `now` as a number; shells take a Clock. Only `systemClock` touches the real time.

/** A pending timer; `cancel` is harmless after it fired. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, UTC milliseconds. It may jump. */
  now(): number;
  /** Milliseconds that never go back; the origin is arbitrary. */
  monotonic(): number;
  after(delayMs: number, run: () => void): Timer;
  every(periodMs: number, run: () => void): Timer;
}

/** The machine's own clock. Its timers never keep the process alive by themselves when `unref` is given. */
export function systemClock(options: { unref?: boolean } = {}): Clock {
  const keep = <T extends { unref(): unknown }>(timer: T): T => {
    if (options.unref) timer.unref();
    return timer;
  };
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delayMs, run) {
      const timer = keep(setTimeout(run, delayMs));
      return { cancel: () => clearTimeout(timer) };
    },
    every(periodMs, run) {
      const timer = keep(setInterval(run, periodMs));
      return { cancel: () => clearInterval(timer) };
    },
  };
}

export interface ManualClock extends Clock {
  /** Moves time on and runs every timer that falls due, in order. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as an operator or NTP would. */
  step(ms: number): void;
}

/** A clock that moves only when told to: for tests and for the simulation. */
export function manualClock(startAt = Date.UTC(2026, 0, 1)): ManualClock {
  let wall = startAt;
  let mono = 0;
  let order = 0;
  const due: { at: number; order: number; periodMs: number; run: () => void }[] = [];
  const add = (delayMs: number, periodMs: number, run: () => void): Timer => {
    const entry = { at: mono + Math.max(0, delayMs), order: order++, periodMs, run };
    due.push(entry);
    return {
      cancel: () => {
        const i = due.indexOf(entry);
        if (i >= 0) due.splice(i, 1);
      },
    };
  };
  return {
    now: () => wall,
    monotonic: () => mono,
    after: (delayMs, run) => add(delayMs, 0, run),
    every: (periodMs, run) => add(periodMs, periodMs, run),
    step: (ms) => {
      wall += ms;
    },
    advance(ms) {
      const end = mono + ms;
      for (;;) {
        due.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = due[0];
        if (!next || next.at > end) break;
        wall += next.at - mono;
        mono = next.at;
        if (next.periodMs > 0) {
          next.at += next.periodMs;
          next.order = order++;
        } else due.shift();
        next.run();
      }
      wall += end - mono;
      mono = end;
    },
  };
}

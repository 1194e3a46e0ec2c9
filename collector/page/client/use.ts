// Hooks that several screens use: the clock, a read with its state, keys.

import { useEffect, useRef, useState } from 'preact/hooks';
import { nowAt, RequestError } from './request.ts';

/** The collector's time, refreshed often enough for texts such as "3 min ago". */
export function useNow(everyMs = 5000): number {
  const [now, setNow] = useState(nowAt());
  useEffect(() => {
    const timer = setInterval(() => setNow(nowAt()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export interface Reading<T> {
  data: T | undefined;
  error: RequestError | undefined;
  reload(): void;
}

/** Reads when `key` changes and on `reload`; keeps the old data of the same key while it reads. */
export function useReading<T>(key: string, read: () => Promise<T>): Reading<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: RequestError }>({ key });
  const [round, setRound] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    let wanted = true;
    latest
      .current()
      .then((data) => wanted && setState({ key, data }))
      .catch((error: unknown) => {
        if (!wanted) return;
        const named = error instanceof RequestError ? error : new RequestError('INTERNAL', String(error), 0);
        setState((before) => ({ ...(before.key === key ? before : { key }), error: named }));
      });
    return () => {
      wanted = false;
    };
  }, [key, round]);
  const current = state.key === key ? state : undefined;
  return { data: current?.data, error: current?.error, reload: () => setRound((n) => n + 1) };
}

/** A key pressed outside of fields; `Escape` counts inside them too. */
export function useKeys(keys: Readonly<Record<string, (event: KeyboardEvent) => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      const typing = target?.matches?.('input, textarea, select') ?? false;
      if (event.metaKey || event.ctrlKey || event.altKey || (typing && event.key !== 'Escape')) return;
      latest.current[event.key]?.(event);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

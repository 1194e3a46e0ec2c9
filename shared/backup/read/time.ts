// Times inside backup files. Promise: text in ISO 8601 with a zone; a time that the file gives without one is placed in the zone that
// the caller names, and the caller says so in its notices.

export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

export function isTime(p: Parts): boolean {
  return (
    p.year >= 1980 &&
    p.year <= 9999 &&
    p.month >= 1 &&
    p.month <= 12 &&
    p.day >= 1 &&
    p.day <= 31 &&
    p.hour < 24 &&
    p.minute < 60 &&
    p.second < 61
  );
}

/** `2025-03-01T01:04:10+08:00` from a time and its offset. */
export function withOffset(p: Parts, offsetMinutes: number): string {
  const date = `${String(p.year).padStart(4, '0')}-${two(p.month)}-${two(p.day)}`;
  const time = `${two(p.hour)}:${two(p.minute)}:${two(p.second)}`;
  return `${date}T${time}${offsetText(offsetMinutes)}`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z';
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A local time in a zone, as ISO text with the offset that the zone had then. */
export function inZone(p: Parts, zone: string): string {
  const asUtc = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second);
  // Twice: the first guess may lie on the other side of a change of the clocks.
  const first = offsetAt(asUtc, zone);
  const offset = offsetAt(asUtc - first * 60_000, zone);
  return withOffset(p, offset);
}

function offsetAt(instant: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(format.formatToParts(instant).map((p) => [p.type, Number(p.value)]));
  const local = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  );
  return Math.round((local - Math.floor(instant / 1000) * 1000) / 60_000);
}

/** Seconds since 1970, as ISO text in UTC. */
export function fromUnix(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** mysqldump pads the hours before ten with a space: `2026-11-27  1:47:09`. */
const LOCAL = /(\d{4})-(\d\d)-(\d\d)(?: {1,2}|T)(\d{1,2}):(\d\d):(\d\d)/;

/** The first `YYYY-MM-DD hh:mm:ss` of a text. */
export function parseLocal(text: string): Parts | undefined {
  const [, year, month, day, hour, minute, second] = LOCAL.exec(text)?.map(Number) ?? [];
  if (year === undefined) return undefined;
  const parts = { year, month, day, hour, minute, second } as Parts;
  return isTime(parts) ? parts : undefined;
}

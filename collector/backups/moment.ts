// Instants as backup files give them: microseconds since 1970 to compare by, and the text with the zone of its source to
// print. Promise: no instant loses digits, and one without a zone is read in the zone that the caller names.

/// <reference lib="esnext.temporal" preserve="true" />

export interface Moment {
  us: number;
  /** As its source writes it, with a zone. */
  text: string;
}

const SHAPE =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

export const DEFAULT_ZONE = 'Asia/Shanghai';

/** `undefined`: not an instant. `zone`: an IANA name or an offset such as `+08:00`, for text without one. */
export function parseMoment(text: string | undefined, zone: string = DEFAULT_ZONE): Moment | undefined {
  const [, date, time, given] = SHAPE.exec(text?.trim() ?? '') ?? [];
  if (!date) return undefined;
  const clock = (time ?? '00:00:00').replace(',', '.');
  const iso = `${date}T${clock.length === 5 ? `${clock}:00` : clock}`;
  try {
    if (given) return momentOf(`${iso}${canonicalOffset(given)}`);
    const zoned = Temporal.PlainDateTime.from(iso).toZonedDateTime(zone);
    return momentOf(`${iso}${zoned.offset === '+00:00' ? 'Z' : zoned.offset}`);
  } catch {
    return undefined;
  }
}

/** Whether the text carries its own zone. */
export function hasZone(text: string): boolean {
  return SHAPE.exec(text.trim())?.[3] !== undefined;
}

/** `undefined`: this runtime knows no such zone. */
export function checkZone(zone: string): string | undefined {
  try {
    Temporal.PlainDateTime.from('2025-01-01T00:00:00').toZonedDateTime(zone);
    return zone;
  } catch {
    return undefined;
  }
}

function canonicalOffset(given: string): string {
  if (/^(z|utc)$/i.test(given)) return 'Z';
  const digits = given.replace(':', '');
  return `${digits.slice(0, 3)}:${digits.slice(3) || '00'}`;
}

function momentOf(text: string): Moment {
  return { us: Number(Temporal.Instant.from(text).epochNanoseconds / 1000n), text };
}

/** The zone that an instant is written in. */
export function offsetOf(moment: Moment): string {
  const offset = /([+-]\d\d:\d\d)$/.exec(moment.text)?.[1];
  return offset ?? '+00:00';
}

/** The same instant as local date and time of a zone, without it: what engines take. `digits` of the second are kept, none rounded up. */
export function localText(moment: Moment, zone: string, digits: 0 | 3 | 6 = 0): string {
  const instant = Temporal.Instant.fromEpochNanoseconds(BigInt(moment.us) * 1000n);
  return instant
    .toZonedDateTimeISO(zone === 'Z' ? '+00:00' : zone)
    .toPlainDateTime()
    .toString({ fractionalSecondDigits: digits, roundingMode: 'floor' });
}

/** The same instant written with the zone of another one. */
export function likeZone(moment: Moment, like: Moment): Moment {
  return inOffset(moment, offsetOf(like));
}

export function inOffset(moment: Moment, offset: string): Moment {
  const digits = moment.us % 1_000_000 === 0 ? 0 : moment.us % 1000 === 0 ? 3 : 6;
  return {
    us: moment.us,
    text: `${localText(moment, offset, digits)}${offset === '+00:00' ? 'Z' : offset}`,
  };
}

/** For `now` of a clock. */
export function momentAt(epochMs: number, zone: string): Moment {
  const offset = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).offset;
  return inOffset({ us: epochMs * 1000, text: '' }, offset);
}

export function later<M extends Moment>(a: M, b: M): M {
  return b.us > a.us ? b : a;
}

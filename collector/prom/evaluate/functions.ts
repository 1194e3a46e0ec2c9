// Functions of one value: mathematics and the calendar (UTC).

export type Map1 = (value: number) => number;

const sign: Map1 = (v) => (v < 0 ? -1 : v > 0 ? 1 : v);

/** Of seconds since 1970; fractions are cut off. */
const calendar =
  (read: (date: Date) => number): Map1 =>
  (v) =>
    Number.isFinite(v) ? read(new Date(Math.trunc(v) * 1000)) : NaN;

const daysInMonth = (d: Date): number =>
  new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate();
const dayOfYear = (d: Date): number =>
  Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

export const MATHS: Readonly<Record<string, Map1>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: sign,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cos: Math.cos,
  cosh: Math.cosh,
  sin: Math.sin,
  sinh: Math.sinh,
  tan: Math.tan,
  tanh: Math.tanh,
  deg: (v) => (v * 180) / Math.PI,
  rad: (v) => (v * Math.PI) / 180,
};

export const CALENDAR: Readonly<Record<string, Map1>> = {
  minute: calendar((d) => d.getUTCMinutes()),
  hour: calendar((d) => d.getUTCHours()),
  day_of_week: calendar((d) => d.getUTCDay()),
  day_of_month: calendar((d) => d.getUTCDate()),
  day_of_year: calendar(dayOfYear),
  days_in_month: calendar(daysInMonth),
  month: calendar((d) => d.getUTCMonth() + 1),
  year: calendar((d) => d.getUTCFullYear()),
};

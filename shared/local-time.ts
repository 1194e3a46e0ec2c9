// An instant as people of one place read it.

/** Making a format costs far more than using it, and there are few zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-22 02:13:05`, in that IANA zone: sorts by time, and people can read it. */
export function renderTime(at: number, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

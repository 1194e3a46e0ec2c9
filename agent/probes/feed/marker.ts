// The instant that a feed's marker file names. Promise: only a time is taken from the file, never its text.

/** First line → UTC ms: ISO 8601 (without a zone: this machine's), `yyyyMMdd[HHmmss]`, or Unix time in s or ms. */
export function parseMarker(text: string): number | undefined {
  const line = (text.split(/\r?\n/, 1)[0] ?? '').replace(/^\uFEFF/, '').trim();
  if (/^\d{10}(\.\d+)?$/.test(line)) return Number(line) * 1000;
  if (/^\d{13}$/.test(line)) return Number(line);
  const compact = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(line);
  if (compact) {
    const [, year, month, day, hour = '00', minute = '00', second = '00'] = compact;
    return instantOf(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  }
  const iso =
    /^(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|[+-]\d\d:?\d\d)?$/.exec(
      line,
    );
  if (!iso) return undefined;
  const [, year, month = '', day = '', time = '00:00:00', zone = ''] = iso;
  return instantOf(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time}${zone}`);
}

function instantOf(text: string): number | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

// Lines of a name and a number, as /proc/meminfo and /proc/vmstat hold them. Promise: one pass over the text, and only the wanted names.

/** `MemTotal:  123 kB` or `pswpin 4` → the number behind each wanted name; a name that is not there is missing. */
export function parseNamedNumbers(text: string, wanted: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  let start = 0;
  while (start < text.length && found.size < wanted.size) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const space = text.indexOf(' ', start);
    if (space > start && space < end) {
      const name = text.slice(start, text[space - 1] === ':' ? space - 1 : space);
      if (wanted.has(name)) {
        const value = Number.parseInt(text.slice(space, end), 10);
        if (Number.isFinite(value)) found.set(name, value);
      }
    }
    start = end + 1;
  }
  return found;
}

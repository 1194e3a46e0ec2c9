// Regular expressions of RE2: no look-around, no back references, and time that grows with the text alone, whatever the
// pattern. Promise: a pattern that RE2 would not take is refused, and a pattern always stands for the whole value.

import { RE2JS } from 're2js';

const MOST_CHARACTERS = 4096;
const MOST_REMEMBERED = 200;
const remembered = new Map<string, Pattern>();

export class Pattern {
  private readonly re: RE2JS;
  private readonly whole: RE2JS;
  private readonly alternatives: ReadonlySet<string> | undefined;

  constructor(source: string) {
    this.re = RE2JS.compile(source);
    this.whole = RE2JS.compile(`^(?:${source})$`);
    this.alternatives = /^[\w\p{Script=Han}:/ -]+(\|[\w\p{Script=Han}:/ -]+)*$/u.test(source)
      ? new Set(source.split('|'))
      : undefined;
  }

  matches(value: string): boolean {
    return this.alternatives ? this.alternatives.has(value) : this.whole.test(value);
  }

  /** The template with `$1`, `${1}`, `$name`, `${name}`, `$$` filled in; undefined when the value does not match. */
  expand(value: string, template: string): string | undefined {
    const matcher = this.re.matcher(value);
    if (!matcher.matches()) return undefined;
    const names = this.re.namedGroups();
    return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (_all, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      if (name === undefined) return '$';
      const index = /^\d+$/.test(name) ? Number(name) : (names[name] ?? -1);
      if (index < 0 || index > this.re.groupCount()) return '';
      return matcher.group(index) ?? '';
    });
  }
}

/** Throws Error with RE2's reason. */
export function compilePattern(source: string): Pattern {
  const known = remembered.get(source);
  if (known) return known;
  if (source.length > MOST_CHARACTERS) throw new Error(`longer than ${MOST_CHARACTERS} characters`);
  const pattern = new Pattern(source);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(source, pattern);
  return pattern;
}

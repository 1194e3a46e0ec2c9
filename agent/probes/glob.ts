// File name patterns: `*`, `?`, `[a-z]`, `[!a]`, `{bak,trn}`. A pattern is about one name and never about a path.

/** The pattern as a regular expression for a whole name. Anything that is not a wildcard stands for itself. */
export function compileGlob(pattern: string, options: { ignoreCase?: boolean } = {}): RegExp {
  let out = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    const set = char === '[' ? /^\[([!^]?)(\]?[^\]]+)\]/.exec(pattern.slice(at)) : null;
    if (set) {
      out += `[${set[1] ? '^' : ''}${(set[2] ?? '').replace(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else if (char === '{' && pattern.indexOf('}', at) > at) {
      out += '(?:';
      braces++;
    } else if (char === '}' && braces > 0) {
      out += ')';
      braces--;
    } else if (char === ',' && braces > 0) out += '|';
    else if (char === '*') out += '.*';
    else if (char === '?') out += '.';
    else out += char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  }
  while (braces-- > 0) out += ')';
  return new RegExp(`^${out}$`, options.ignoreCase ? 'isu' : 'su');
}

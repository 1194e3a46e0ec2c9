// Values as Prometheus writes them: the shortest digits that give the same number back.

/** Without an exponent, as count_values and scalars have it. */
export function showPlain(value: number): string {
  const text = special(value) ?? String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-])(\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, lead, rest = '', direction, size] = match;
  const digits = `${lead}${rest}`;
  if (direction === '-') return `${sign}0.${'0'.repeat(Number(size) - 1)}${digits}`;
  return `${sign}${digits.padEnd(Number(size) + 1, '0')}`;
}

/** With an exponent of two digits below 1e-6 and from 1e21 on, as samples have it. */
export function showValue(value: number): string {
  const text = special(value) ?? String(value);
  return text.includes('e') ? text.replace(/e([+-])(\d)$/, 'e$10$2') : text;
}

function special(value: number): string | undefined {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : undefined;
}

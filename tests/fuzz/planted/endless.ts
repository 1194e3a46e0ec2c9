// Planted: a regular expression that tries every way to share out the letters. No counter sees it.

export function readEndless(input: Buffer): void {
  const text = input.toString('latin1').slice(0, 200);
  if (text.startsWith('re:')) /^re:(?:[a-z]+-?)+!$/.test(text);
}

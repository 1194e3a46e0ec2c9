// Planted: throws for a text that is read letter by letter, each a branch of its own, and then for a word.

export function readWords(input: Buffer): void {
  const text = input.toString('latin1');
  if (text[0] !== 'p') return;
  if (text[1] !== 'u') return;
  if (text[2] !== 'r') return;
  if (text[3] !== 'g') return;
  if (text[4] !== 'e') return;
  const [, size = ''] = text.split('=');
  if (size === 'forever') throw new TypeError('planted: behind two words');
}

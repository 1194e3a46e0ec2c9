// Planted: looks at each pair of words once the text says that it is a list.

export function readSquares(input: Buffer): void {
  const text = input.toString('latin1');
  if (!text.startsWith('list:')) return;
  const words = text.split(' ');
  let pairs = 0;
  for (const a of words) for (const b of words) if (a.length === b.length) pairs++;
  if (pairs < 0) throw new Error('never');
}

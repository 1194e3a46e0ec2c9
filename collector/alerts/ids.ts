// Names for alerts and messages from the given randomness: 80 bits, so that two never meet.

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

export function newName(prefix: string, random: () => number): string {
  let name = prefix;
  for (let i = 0; i < 16; i++) name += DIGITS[Math.floor(random() * 32)] ?? '0';
  return name;
}

// Which of the devices found on a machine a probe reads. Promise: what is excluded stays out, what is included is in even if
// it is unusual, and of the rest those that the probe calls usual.

export interface Choice {
  include: readonly string[];
  exclude: readonly string[];
}

export function choose<T extends { name: string }>(
  all: readonly T[],
  { include, exclude }: Choice,
  isUsual: (one: T) => boolean,
): T[] {
  return all.filter((one) => {
    if (isNamed(exclude, one.name)) return false;
    return isNamed(include, one.name) || isUsual(one);
  });
}

/** A * at the end of a wanted name stands for any ending. */
function isNamed(wanted: readonly string[], name: string): boolean {
  return wanted.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
}

// What a fault test needs of the machine. Promise: a machine that cannot do it is told so by name, with the mend; a fault is never
// passed over in silence.

export interface Means {
  name: string;
  /** What to install or allow. */
  mend: string;
  /** Throws when this machine cannot do it. Tries the thing itself, not its version. */
  probe(): void;
}

/** Throws with the name and the mend of everything that is missing. */
export function demand(means: readonly Means[]): void {
  const missing = means.flatMap(({ name, mend, probe }) => {
    try {
      probe();
      return [];
    } catch (error) {
      return [`${name} does not work here (${(error as Error).message.trim()}). ${mend}`];
    }
  });
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

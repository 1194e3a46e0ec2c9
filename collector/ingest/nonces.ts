// Challenges given out over HTTP, where no connection remembers them. Promise: a nonce serves once, within a minute, for the
// agent it was given to; memory is bounded; asking for challenges in another's name does not take away those that agent has
// earned by an accepted post.

const LIFE_MS = 60_000;
const AGENTS_KEPT = 20_000;
const PER_AGENT = 4;

export interface Nonces {
  /** `earned`: given with the answer to an accepted post. */
  give(agent: string, earned: boolean, now: number): string;
  /** Those that the agent may have signed. */
  of(agent: string, now: number): string[];
  /** True once per nonce. */
  claim(agent: string, nonce: string): boolean;
}

interface Given {
  nonce: string;
  at: number;
}

export function openNonces(random: (bytes: number) => Uint8Array): Nonces {
  const asked = new Map<string, Given[]>();
  const earnedBy = new Map<string, Given[]>();
  const both = [earnedBy, asked];
  return {
    give(agent, earned, now) {
      const book = earned ? earnedBy : asked;
      const given = { nonce: Buffer.from(random(24)).toString('base64url'), at: now };
      const kept = [...alive(book.get(agent), now), given].slice(-PER_AGENT);
      // Asked again, it goes to the end: the agent that asked longest ago is forgotten first.
      book.delete(agent);
      book.set(agent, kept);
      forgetOldest(book);
      return given.nonce;
    },
    of: (agent, now) => both.flatMap((book) => alive(book.get(agent), now).map((given) => given.nonce)),
    claim(agent, nonce) {
      for (const book of both) {
        const given = book.get(agent);
        const i = given?.findIndex((g) => g.nonce === nonce) ?? -1;
        if (!given || i < 0) continue;
        given.splice(i, 1);
        if (given.length === 0) book.delete(agent);
        return true;
      }
      return false;
    },
  };
}

function alive(given: readonly Given[] | undefined, now: number): Given[] {
  return (given ?? []).filter(({ at }) => now - at < LIFE_MS);
}

function forgetOldest(book: Map<string, Given[]>): void {
  for (const agent of book.keys()) {
    if (book.size <= AGENTS_KEPT) return;
    book.delete(agent);
  }
}

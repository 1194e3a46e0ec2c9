// SQL Server stripes: a backup over several files, none of which is of use alone. Promise: bound by the media set in their heads.

import type { SqlServerChain } from '../../facts.ts';
import { askedFor, type Folder, judgeBySet, type Member, nameOf, type SetRule, siblings } from './set.ts';

type Stripe = NonNullable<SqlServerChain['stripe']>;

function stripeOf(member: Member): Stripe | undefined {
  const chain = member.finding?.facts.chain;
  return chain?.of === 'sqlserver' ? chain.stripe : undefined;
}

export const STRIPES: SetRule = {
  name: 'stripes',
  async apply(folder) {
    for (const member of askedFor(folder, (f) => f.content === 'COMPLETE' || f.content === 'VERIFIED')) {
      const stripe = stripeOf(member);
      if (stripe) await judgeStripe(folder, member, stripe);
    }
  },
};

async function judgeStripe(folder: Folder, member: Member, stripe: Stripe): Promise<void> {
  const found = new Map<number, Member>([[stripe.number, member]]);
  for (const other of siblings(folder, member)) {
    if (!other.asked && !/\.(?:bak|trn|dif)$/i.test(other.path)) continue;
    await folder.judge(other);
    const its = stripeOf(other);
    if (its?.mediaSet === stripe.mediaSet) found.set(its.number, other);
  }
  const missing = Array.from({ length: stripe.count }, (_, i) => i + 1).filter((n) => !found.has(n));
  const which = `stripe ${stripe.number} of ${stripe.count}`;
  if (missing.length > 0)
    return judgeBySet(member, {
      content: 'UNCONFIRMED',
      reason: `${which}; stripe ${missing.join(', ')} is not here, without which it cannot be restored`,
    });
  const bad = [...found.values()].find(
    (m) => m !== member && !['COMPLETE', 'VERIFIED'].includes(m.finding?.content ?? ''),
  );
  if (bad)
    return judgeBySet(member, {
      content: 'UNCONFIRMED',
      reason: `${which}; ${nameOf(bad.path)} is not whole`,
    });
  judgeBySet(member, { reason: `${which}; all are here and whole` });
}

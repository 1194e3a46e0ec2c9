// Settings: a tab per subject, as far as the account may.

import { useEffect } from 'preact/hooks';
import { useObservable } from '../observable.ts';
import { session } from '../request.ts';
import { useWords } from '../text/text.ts';
import { Audit } from './audit.tsx';
import { Enrol } from './enrol.tsx';
import { Password } from './password.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';

const TABS = [
  { name: 'enrol', roles: ['admin', 'engineer'], screen: Enrol },
  { name: 'users', roles: ['admin'], screen: Users },
  { name: 'tokens', roles: ['admin'], screen: Tokens },
  { name: 'password', roles: ['admin', 'engineer', 'viewer'], screen: Password },
  { name: 'audit', roles: ['admin'], screen: Audit },
] as const;

export function Settings({ tab }: { tab: string | undefined }) {
  const words = useWords();
  const who = useObservable(session);
  useEffect(() => {
    document.title = `${words.nav.settings} · niswatch`;
  }, [words]);
  if (typeof who !== 'object') return null;
  const allowed = TABS.filter((t) => (t.roles as readonly string[]).includes(who.user.role));
  const current = tab === undefined ? allowed[0] : allowed.find((t) => t.name === tab);
  const Tab = current?.screen;
  return (
    <div class="page narrow">
      <h1>{words.settings.title}</h1>
      <nav class="tabs" aria-label={words.settings.title}>
        {allowed.map(({ name }) => (
          <a key={name} href={`/settings/${name}`} aria-current={name === current?.name ? 'page' : undefined}>
            {words.settings[name]}
          </a>
        ))}
      </nav>
      {Tab ? <Tab /> : <p class="muted">{words.settings.forbidden}</p>}
    </div>
  );
}

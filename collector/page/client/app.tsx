// The frame around every screen: bar, connection line, banner, and which screen the address means.

import { useEffect } from 'preact/hooks';
import { AlertPage } from './alerts/alert.tsx';
import { AlertList } from './alerts/list.tsx';
import { Bar } from './bar.tsx';
import { Board } from './board/board.tsx';
import { HostPage } from './host/host.tsx';
import { later } from './later.tsx';
import { link, startLive, stopLive, watch } from './live.ts';
import { Login } from './login.tsx';
import { useObservable } from './observable.ts';
import { Open } from './open.tsx';
import { type Session, session } from './request.ts';
import { go, type Place, usePlace } from './router.ts';
import { useWords } from './text/text.ts';
import { useKeys } from './use.ts';

const BackupBoard = later(() => import('./backups/board.tsx').then((m) => m.BackupBoard));
const BackupSetPage = later(() => import('./backups/set.tsx').then((m) => m.BackupSetPage));
const Reports = later(() => import('./reports/reports.tsx').then((m) => m.Reports));
const Settings = later(() => import('./settings/settings.tsx').then((m) => m.Settings));

export function App() {
  const who = useObservable(session);
  const place = usePlace();
  const words = useWords();
  useEffect(() => {
    if (typeof who === 'object') startLive();
    else stopLive();
  }, [who]);
  useEffect(() => watch(place.parts[0] === 'hosts' ? place.parts[1] : undefined), [place.path]);
  useEffect(() => {
    if (who === 'none' && place.path !== '/login') go('/login', { replace: true });
    if (typeof who === 'object' && place.path === '/login') go('/', { replace: true });
  }, [who, place.path]);
  useKeys({ Escape: () => leave(place) });
  if (who === 'unknown') return <p class="center muted">{words.loading}</p>;
  if (who === 'none') return <Login />;
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Bar who={who} place={place} />
      <LinkLine />
      <FirstPassword who={who} place={place} />
      <main id="main" tabIndex={-1}>
        <Screen place={place} />
      </main>
    </>
  );
}

/** Esc leads one level up, unless a field is left first. */
function leave(place: Place): void {
  const active = document.activeElement as HTMLElement | null;
  if (active?.matches('input, textarea, select')) active.blur();
  else if (place.parts[0] === 'hosts' && place.parts[3])
    go(`/hosts/${encodeURIComponent(place.parts[1] ?? '')}`);
  else if (place.parts[0] === 'hosts') go('/');
  else if (place.parts[0] === 'alerts' && place.parts[1]) go('/alerts');
}

function Screen({ place }: { place: Place }) {
  const [first, second] = place.parts;
  if (first === 'hosts' && second && place.parts[2] === 'backups' && place.parts[3])
    return <BackupSetPage key={place.path} host={second} set={place.parts[3]} />;
  if (first === 'backups') return <BackupBoard />;
  if (first === 'reports') return <Reports />;
  if (first === 'open') return <Open place={place} />;
  if (first === 'hosts' && second) return <HostPage key={second} id={second} />;
  if (first === 'alerts') return second ? <AlertPage key={second} id={second} /> : <AlertList />;
  if (first === 'settings') return <Settings tab={second} />;
  return <Board />;
}

function LinkLine() {
  const state = useObservable(link);
  const words = useWords();
  return (
    <div class="link-line" role="status" aria-live="polite">
      {state === 'lost' && <p>{words.link.lost}</p>}
    </div>
  );
}

function FirstPassword({ who, place }: { who: Exclude<Session, string>; place: Place }) {
  const words = useWords();
  if (who.user.passwordSet || place.path === '/settings/password') return null;
  return (
    <aside class="banner" aria-label={words.settings.setPassword}>
      <p>{words.settings.firstBanner}</p>
      <a class="button" href="/settings/password">
        {words.settings.firstAction}
      </a>
    </aside>
  );
}

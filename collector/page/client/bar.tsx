// The bar on top: where one can go, whether the picture is live, language, theme, who is logged in.

import { link, openAlerts } from './live.ts';
import { useObservable } from './observable.ts';
import { request, type Session, session } from './request.ts';
import type { Place } from './router.ts';
import { Pulse } from './shapes.tsx';
import { language, useLanguage, useWords } from './text/text.ts';
import { theme, type Theme } from './theme.ts';

export function Bar({ who, place }: { who: Exclude<Session, string>; place: Place }) {
  const words = useWords();
  const firing = [...(useObservable(openAlerts)?.values() ?? [])].filter((a) => a.state === 'firing').length;
  const here = (name: string | undefined) => (place.parts[0] === name ? 'page' : undefined);
  const state = useObservable(link);
  return (
    <header class="bar">
      <a class="brand" href="/">
        <Pulse />
        <span>niswatch</span>
        <small>{words.appTitle}</small>
      </a>
      <nav aria-label={words.nav.label}>
        <a href="/" aria-current={here(undefined) ?? here('hosts')}>
          {words.nav.board}
        </a>
        <a href="/alerts" aria-current={here('alerts')}>
          {words.nav.alerts}
          {firing > 0 && <b class="badge">{firing}</b>}
        </a>
        <a href="/backups" aria-current={here('backups')}>
          {words.nav.backups}
        </a>
        <a href="/settings" aria-current={here('settings')}>
          {words.nav.settings}
        </a>
      </nav>
      <div class="bar-end">
        <span class={`link-state ${state}`}>
          <i aria-hidden="true" />
          <span>{state === 'live' ? words.link.live : words.link.connecting}</span>
        </span>
        <LanguageSwitch />
        <ThemeSwitch />
        <span class="who">
          <span title={words.settings.roles[who.user.role]}>{who.user.name}</span>
          <button type="button" class="quiet" onClick={logout}>
            {words.logout}
          </button>
        </span>
      </div>
    </header>
  );
}

async function logout(): Promise<void> {
  await request('DELETE', '/session').catch(() => undefined);
  session.set('none');
}

export function LanguageSwitch() {
  const words = useWords();
  const current = useLanguage();
  return (
    <button
      type="button"
      class="quiet"
      lang={current === 'zh' ? 'en' : 'zh-CN'}
      aria-label={`${words.language} (${words.languageLabel})`}
      onClick={() => language.set(current === 'zh' ? 'en' : 'zh')}
    >
      {words.language}
    </button>
  );
}

export function ThemeSwitch() {
  const words = useWords();
  const current = useObservable(theme);
  return (
    <select
      class="quiet"
      aria-label={words.theme.label}
      value={current}
      onChange={(event) => theme.set(event.currentTarget.value as Theme)}
    >
      {(['auto', 'light', 'dark'] as const).map((name) => (
        <option key={name} value={name}>
          {words.theme[name]}
        </option>
      ))}
    </select>
  );
}

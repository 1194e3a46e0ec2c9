// Logging in, or setting up the administrator when the address carries the first link.

import { useState } from 'preact/hooks';
import type { SessionReply } from '../../api/shapes.ts';
import { LanguageSwitch, ThemeSwitch } from './bar.tsx';
import { enter, post, RequestError } from './request.ts';
import { go, usePlace } from './router.ts';
import { Pulse } from './shapes.tsx';
import { useWords } from './text/text.ts';

export function Login() {
  const words = useWords();
  const { query } = usePlace();
  const link = query.get('link');
  const [name, setName] = useState(link ? 'admin' : '');
  const [password, setPassword] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const path = link ? '/session/first' : '/session';
      enter(await post<SessionReply>(path, link ? { link, name, password } : { name, password }));
      go('/', { replace: true });
    } catch (failure) {
      setError(failure instanceof RequestError ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <main class="login" id="main">
      <form class="panel" onSubmit={submit}>
        <Pulse />
        <h1>{link ? words.login.firstTitle : words.login.title}</h1>
        <p class="muted">{link ? words.login.firstText : `niswatch · ${words.appTitle}`}</p>
        {query.has('expired') && <p class="notice">{words.login.expired}</p>}
        <label>
          <span>{words.login.name}</span>
          <input
            name="username"
            autoComplete="username"
            required
            value={name}
            onInput={(e) => setName(e.currentTarget.value)}
          />
        </label>
        <label>
          <span>{link ? words.settings.newPassword : words.login.password}</span>
          <input
            name="password"
            type="password"
            autoComplete={link ? 'new-password' : 'current-password'}
            required
            value={password}
            onInput={(e) => setPassword(e.currentTarget.value)}
          />
        </label>
        <p class="error" role="alert">
          {error}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {link ? words.login.firstSubmit : words.login.submit}
        </button>
        <div class="login-end">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </form>
    </main>
  );
}

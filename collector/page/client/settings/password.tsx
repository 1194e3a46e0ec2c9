// The own password; the administrator's first one also chooses the account's name.

import { useState } from 'preact/hooks';
import type { SessionReply } from '../../../api/shapes.ts';
import { useObservable } from '../observable.ts';
import { enter, post, session } from '../request.ts';
import { useWords } from '../text/text.ts';
import { Field, Form } from './form.tsx';

export function Password() {
  const words = useWords();
  const w = words.settings;
  const who = useObservable(session);
  const [name, setName] = useState('admin');
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [saved, setSaved] = useState(false);
  if (typeof who !== 'object') return null;
  const first = !who.user.passwordSet;
  const send = async () => {
    enter(await post<SessionReply>('/session/password', first ? { name, password } : { current, password }));
    setCurrent('');
    setPassword('');
    setSaved(true);
  };
  return (
    <section class="panel">
      <h2>{w.setPassword}</h2>
      {saved && (
        <p class="notice" role="status">
          {w.passwordSaved}
        </p>
      )}
      <Form submit={w.setPassword} send={send}>
        {first ? (
          <Field label={w.account}>
            <input
              required
              maxLength={60}
              autoComplete="username"
              value={name}
              onInput={(e) => setName(e.currentTarget.value)}
            />
          </Field>
        ) : (
          <Field label={w.currentPassword}>
            <input
              type="password"
              required
              autoComplete="current-password"
              value={current}
              onInput={(e) => setCurrent(e.currentTarget.value)}
            />
          </Field>
        )}
        <Field label={w.newPassword}>
          <input
            type="password"
            required
            autoComplete="new-password"
            value={password}
            onInput={(e) => setPassword(e.currentTarget.value)}
          />
        </Field>
      </Form>
    </section>
  );
}

// Accounts of people.

import type { Static } from 'typebox';
import { useState } from 'preact/hooks';
import type { UserItem } from '../../../api/shapes.ts';
import { get, post, request } from '../request.ts';
import { useWords } from '../text/text.ts';
import { useReading } from '../use.ts';
import { Field, Form } from './form.tsx';
import { type RoleChoice, RoleFields, scopeOf } from './role-fields.tsx';

export function Users() {
  const words = useWords();
  const w = words.settings;
  const users = useReading('users', () => get<{ items: Static<typeof UserItem>[] }>('/users'));
  const [error, setError] = useState('');
  const switchUser = async (user: Static<typeof UserItem>) => {
    try {
      setError('');
      await request('PATCH', `/users/${user.id}`, { disabled: user.disabledAt === null });
    } catch (failure) {
      setError((failure as Error).message);
    }
    users.reload();
  };
  return (
    <section class="panel">
      <h2>{w.users}</h2>
      <p class="error" role="alert">
        {error}
      </p>
      <ul class="lines">
        {(users.data?.items ?? []).map((user) => (
          <li key={user.id}>
            <b>{user.name}</b>
            <span class="muted">{w.roles[user.role]}</span>
            <span>{user.disabledAt !== null && <span class="chip">{w.disabled}</span>}</span>
            <button
              type="button"
              onClick={() => switchUser(user)}
              aria-label={`${user.disabledAt === null ? w.disable : w.enable} ${user.name}`}
            >
              {user.disabledAt === null ? w.disable : w.enable}
            </button>
          </li>
        ))}
      </ul>
      <AddUser added={users.reload} />
    </section>
  );
}

function AddUser({ added }: { added: () => void }) {
  const words = useWords();
  const w = words.settings;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [choice, setChoice] = useState<RoleChoice>({ role: 'engineer', hospitalId: '' });
  const send = async () => {
    await post('/users', { name, password, ...scopeOf(choice) });
    setName('');
    setPassword('');
    added();
  };
  return (
    <>
      <h3>{w.addUser}</h3>
      <Form submit={w.addUser} send={send}>
        <Field label={w.account}>
          <input
            required
            maxLength={60}
            autoComplete="off"
            value={name}
            onInput={(e) => setName(e.currentTarget.value)}
          />
        </Field>
        <Field label={w.newPassword}>
          <input
            type="password"
            required
            autoComplete="new-password"
            value={password}
            onInput={(e) => setPassword(e.currentTarget.value)}
          />
        </Field>
        <RoleFields value={choice} set={setChoice} />
      </Form>
    </>
  );
}

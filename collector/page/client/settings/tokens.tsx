// Tokens of programs.

import type { Static } from 'typebox';
import { useState } from 'preact/hooks';
import type { NewTokenReply, TokenItem } from '../../../api/shapes.ts';
import { ago } from '../format.ts';
import { get, post, request } from '../request.ts';
import { useWords } from '../text/text.ts';
import { useNow, useReading } from '../use.ts';
import { Copyable, Field, Form } from './form.tsx';
import { type RoleChoice, RoleFields, scopeOf } from './role-fields.tsx';

export function Tokens() {
  const words = useWords();
  const w = words.settings;
  const now = useNow();
  const tokens = useReading('tokens', () => get<{ items: Static<typeof TokenItem>[] }>('/tokens'));
  const revoke = async (id: string) => {
    await request('DELETE', `/tokens/${id}`).catch(() => undefined);
    tokens.reload();
  };
  return (
    <section class="panel">
      <h2>{w.tokens}</h2>
      <ul class="lines">
        {(tokens.data?.items ?? []).map((token) => (
          <li key={token.id}>
            <b>{token.name}</b>
            <span class="muted">{w.roles[token.role]}</span>
            <span class="muted">
              {w.lastUsed} {token.lastUsedAt === null ? w.never : ago(now - token.lastUsedAt, words)}
            </span>
            {token.revokedAt === null ? (
              <button type="button" onClick={() => revoke(token.id)} aria-label={`${w.revoke} ${token.name}`}>
                {w.revoke}
              </button>
            ) : (
              <span class="chip">{w.revoked}</span>
            )}
          </li>
        ))}
      </ul>
      <AddToken added={tokens.reload} />
    </section>
  );
}

function AddToken({ added }: { added: () => void }) {
  const words = useWords();
  const w = words.settings;
  const [name, setName] = useState('');
  const [choice, setChoice] = useState<RoleChoice>({ role: 'engineer', hospitalId: '' });
  const [token, setToken] = useState('');
  const send = async () => {
    const made = await post<Static<typeof NewTokenReply>>('/tokens', { name, ...scopeOf(choice) });
    setToken(made.token);
    setName('');
    added();
  };
  return (
    <>
      <h3>{w.addToken}</h3>
      <Form submit={w.addToken} send={send}>
        <Field label={w.name}>
          <input required maxLength={60} value={name} onInput={(e) => setName(e.currentTarget.value)} />
        </Field>
        <RoleFields value={choice} set={setChoice} />
      </Form>
      {token && (
        <div class="made" role="status">
          <h3>{w.tokenTitle}</h3>
          <Copyable text={token} label={w.tokenTitle} />
        </div>
      )}
    </>
  );
}

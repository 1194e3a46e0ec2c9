// A code for a new host, and the exact command to run there.

import type { Static } from 'typebox';
import { useState } from 'preact/hooks';
import type { EnrolmentReply, HospitalItem } from '../../../api/shapes.ts';
import { clockTime } from '../format.ts';
import { get, post } from '../request.ts';
import { useLanguage, useWords } from '../text/text.ts';
import { useReading } from '../use.ts';
import { Copyable, Field, Form } from './form.tsx';

export function Enrol() {
  const words = useWords();
  const language = useLanguage();
  const hospitals = useReading('hospitals', () =>
    get<{ items: Static<typeof HospitalItem>[] }>('/hospitals'),
  );
  const [hospitalName, setHospital] = useState('');
  const [hostName, setHost] = useState('');
  const [made, setMade] = useState<Static<typeof EnrolmentReply> | undefined>(undefined);
  const send = async () => {
    setMade(await post('/enrolments', { hospitalName, ...(hostName ? { hostName } : {}) }));
    hospitals.reload();
  };
  return (
    <section class="panel">
      <h2>{words.settings.enrol}</h2>
      <Form submit={words.settings.makeCode} send={send}>
        <Field label={words.settings.hospital} hint={words.settings.hospitalHint}>
          <input
            list="hospitals"
            required
            maxLength={200}
            value={hospitalName}
            onInput={(e) => setHospital(e.currentTarget.value)}
          />
          <datalist id="hospitals">
            {(hospitals.data?.items ?? []).map((h) => (
              <option key={h.id} value={h.name} />
            ))}
          </datalist>
        </Field>
        <Field label={words.settings.hostName}>
          <input maxLength={100} value={hostName} onInput={(e) => setHost(e.currentTarget.value)} />
        </Field>
      </Form>
      {made && (
        <div class="made" role="status">
          <h3>
            {words.settings.codeTitle} · {made.hospital.name}
          </h3>
          <p class="code">{made.code}</p>
          <p>
            {words.settings.codeText(
              clockTime(made.expiresAt, Intl.DateTimeFormat().resolvedOptions().timeZone, language),
            )}
          </p>
          <Copyable text={made.command} label={words.settings.codeTitle} />
        </div>
      )}
    </section>
  );
}

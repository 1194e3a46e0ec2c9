// Role and, for a viewer, the one hospital: the same for users and tokens.

import type { Static } from 'typebox';
import type { HospitalItem } from '../../../api/shapes.ts';
import { get } from '../request.ts';
import { useWords } from '../text/text.ts';
import { useReading } from '../use.ts';
import { Field } from './form.tsx';

export const ROLES = ['engineer', 'viewer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface RoleChoice {
  role: Role;
  hospitalId: string;
}

export function RoleFields({ value, set }: { value: RoleChoice; set: (next: RoleChoice) => void }) {
  const words = useWords();
  const hospitals = useReading('hospitals', () =>
    get<{ items: Static<typeof HospitalItem>[] }>('/hospitals'),
  );
  return (
    <>
      <Field label={words.settings.role}>
        <select value={value.role} onChange={(e) => set({ ...value, role: e.currentTarget.value as Role })}>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {words.settings.roles[role]}
            </option>
          ))}
        </select>
      </Field>
      {value.role === 'viewer' && (
        <Field label={words.settings.onlyHospital}>
          <select
            required
            value={value.hospitalId}
            onChange={(e) => set({ ...value, hospitalId: e.currentTarget.value })}
          >
            <option value="" />
            {(hospitals.data?.items ?? []).map((h) => (
              <option key={h.id} value={h.id}>
                {h.name}
              </option>
            ))}
          </select>
        </Field>
      )}
    </>
  );
}

export function scopeOf(choice: RoleChoice): { role: Role; hospitalId?: string } {
  return choice.role === 'viewer' ? choice : { role: choice.role };
}

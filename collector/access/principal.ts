// Who asks, and what he may see. Promise: a viewer is confined to one hospital by value, not by the routes' goodwill: every
// query takes the confinement, and a viewer without a hospital sees nothing.

import type { Role } from '../state/schema.ts';

/** The only hospital that may be seen; undefined: all. */
export type Confinement = string | undefined;

export interface Principal {
  kind: 'session' | 'token';
  /** User id, or the token's name. */
  id: string;
  name: string;
  role: Role;
  hospitalId: string | undefined;
  /** Sessions only: what unsafe requests must carry. */
  csrf?: string;
  /** Sessions only: false until the account has a password. */
  passwordSet?: boolean;
  /** Hash of the session or token. */
  hash: string;
}

/** No hospital has this id. */
const NOTHING = '-';

export function confinementOf(principal: Pick<Principal, 'role' | 'hospitalId'>): Confinement {
  return principal.role === 'viewer' ? (principal.hospitalId ?? NOTHING) : undefined;
}

const RANK: Record<Role, number> = { viewer: 0, engineer: 1, admin: 2 };

export function mayActAs(principal: Principal, role: Role): boolean {
  return RANK[principal.role] >= RANK[role];
}

/** How the audit trail names him. */
export function whoIs(principal: Principal): string {
  return principal.kind === 'session' ? principal.name : `token:${principal.name}`;
}

// Users, tokens and the audit trail: the administrator's part.

import { listAudit } from '../../access/audit.ts';
import { whoIs } from '../../access/principal.ts';
import type { App, Context } from '../context.ts';
import { principalOf } from '../guard.ts';
import * as shapes from '../shapes.ts';
import { findHospital } from './hospitals.ts';

export function accountRoutes(app: App, context: Context): void {
  userRoutes(app, context);
  tokenRoutes(app, context);
  app.get(
    '/audit',
    {
      config: { access: 'admin' },
      schema: { querystring: shapes.TrailQuery, response: { 200: shapes.AuditList } },
    },
    async (request) => {
      const { limit = 100, before } = request.query;
      return {
        items: await listAudit(context.state, { limit, ...(before === undefined ? {} : { before }) }),
      };
    },
  );
}

function userRoutes(app: App, { access, state, clock }: Context): void {
  const admin = { access: 'admin' } as const;
  app.get('/users', { config: admin, schema: { response: { 200: shapes.UserList } } }, async () => ({
    items: await access.users.list(),
  }));
  app.post(
    '/users',
    { config: admin, schema: { body: shapes.NewUserBody, response: { 201: shapes.Named } } },
    async (request, reply) => {
      const act = { who: whoIs(principalOf(request)), now: clock.now() };
      if (request.body.hospitalId) await findHospital(state, request.body.hospitalId, undefined);
      const id = await access.users.add(request.body, act);
      return await reply.code(201).send({ id, name: request.body.name });
    },
  );
  app.patch(
    '/users/:id',
    {
      config: admin,
      schema: { params: shapes.IdParams, body: shapes.UserChangeBody, response: { 200: shapes.Done } },
    },
    async (request) => {
      const act = { who: whoIs(principalOf(request)), now: clock.now() };
      if (request.body.hospitalId) await findHospital(state, request.body.hospitalId, undefined);
      await access.users.change(request.params.id, request.body, act);
      return { done: true as const };
    },
  );
}

function tokenRoutes(app: App, { access, state, clock }: Context): void {
  const admin = { access: 'admin' } as const;
  app.get('/tokens', { config: admin, schema: { response: { 200: shapes.TokenList } } }, async () => ({
    items: await access.tokens.list(),
  }));
  app.post(
    '/tokens',
    { config: admin, schema: { body: shapes.NewTokenBody, response: { 201: shapes.NewTokenReply } } },
    async (request, reply) => {
      const act = { who: whoIs(principalOf(request)), now: clock.now() };
      if (request.body.hospitalId) await findHospital(state, request.body.hospitalId, undefined);
      return await reply.code(201).send({ token: await access.tokens.add(request.body, act) });
    },
  );
  app.delete(
    '/tokens/:id',
    { config: admin, schema: { params: shapes.IdParams, response: { 200: shapes.Done } } },
    async (request) => {
      await access.tokens.revoke(request.params.id, {
        who: whoIs(principalOf(request)),
        now: clock.now(),
      });
      return { done: true as const };
    },
  );
}

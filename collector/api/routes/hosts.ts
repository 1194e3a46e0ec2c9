// Hosts, their newest values, checks, verdicts, events and series.

import type { Evidence } from '../../liveness/verdict.ts';
import type { App, Context } from '../context.ts';
import { confinement } from '../guard.ts';
import { readAvailability } from '../availability.ts';
import { findHost, isCurrent, listHosts, newest } from '../hosts.ts';
import { readSeries } from '../series.ts';
import * as shapes from '../shapes.ts';
import { findHospital } from './hospitals.ts';

export function hostRoutes(app: App, context: Context): void {
  app.get(
    '/hosts',
    { schema: { querystring: shapes.HostsQuery, response: { 200: shapes.HostList } } },
    async (request) => {
      const confined = confinement(request);
      const { hospital } = request.query;
      if (hospital !== undefined) await findHospital(context.state, hospital, confined);
      return { items: await listHosts(context, { ...request.query, confinement: confined }) };
    },
  );
  app.get(
    '/hosts/:id',
    { schema: { params: shapes.IdParams, response: { 200: shapes.HostDetail } } },
    async (request) => {
      const row = await findHost(context, request.params.id, confinement(request));
      const [item] = await listHosts(context, { ids: [row.id], confinement: confinement(request) });
      return { ...(item as shapes.HostItem), arch: row.arch, enrolledAt: row.enrolledAt };
    },
  );
  app.get(
    '/hosts/:id/latest',
    { schema: { params: shapes.IdParams, response: { 200: shapes.LatestShape } } },
    async (request) => {
      const row = await findHost(context, request.params.id, confinement(request));
      return await readLatest(context, row.id);
    },
  );
  app.get(
    '/series',
    { schema: { querystring: shapes.SeriesQuery, response: { 200: shapes.SeriesReply } } },
    async (request) => {
      const row = await findHost(context, request.query.host, confinement(request));
      return await readSeries(context, row.id, request.query);
    },
  );
  app.get(
    '/hosts/:id/availability',
    {
      schema: {
        params: shapes.IdParams,
        querystring: shapes.AvailabilityQuery,
        response: { 200: shapes.AvailabilityReply },
      },
    },
    async (request) => {
      const { id } = await findHost(context, request.params.id, confinement(request));
      return await readAvailability(context, id, request.query);
    },
  );
  trailRoutes(app, context);
}

export async function readLatest(context: Context, host: string): Promise<shapes.LatestValues> {
  const latest = await newest(context, host);
  if (!latest) return { at: null, values: {} };
  const current = [...latest.values].filter(([, value]) => isCurrent(value, latest));
  return { at: latest.at, values: Object.fromEntries(current.map(([key, value]) => [key, value.value])) };
}

function trailRoutes(app: App, context: Context): void {
  const { state } = context;
  app.get(
    '/hosts/:id/checks',
    { schema: { params: shapes.IdParams, response: { 200: shapes.CheckList } } },
    async (request) => {
      const { id } = await findHost(context, request.params.id, confinement(request));
      const rows = await state
        .selectFrom('checks')
        .selectAll()
        .where('hostId', '=', id)
        .orderBy('checkId')
        .limit(1000)
        .execute();
      return { items: rows.map((row) => ({ ...row, id: row.checkId })) };
    },
  );
  app.get(
    '/hosts/:id/verdicts',
    {
      schema: {
        params: shapes.IdParams,
        querystring: shapes.TrailQuery,
        response: { 200: shapes.VerdictList },
      },
    },
    async (request) => {
      const { id } = await findHost(context, request.params.id, confinement(request));
      const { limit = 100, before } = request.query;
      let query = state
        .selectFrom('verdicts')
        .selectAll()
        .where('hostId', '=', id)
        .orderBy('since', 'desc')
        .orderBy('id', 'desc')
        .limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      const rows = await query.execute();
      return {
        items: rows.map((row) => ({
          ...row,
          evidence: JSON.parse(row.evidence) as Evidence[],
        })),
      };
    },
  );
  app.get(
    '/hosts/:id/events',
    {
      schema: {
        params: shapes.IdParams,
        querystring: shapes.TrailQuery,
        response: { 200: shapes.EventList },
      },
    },
    async (request) => {
      const { id } = await findHost(context, request.params.id, confinement(request));
      const { limit = 100, before } = request.query;
      let query = state
        .selectFrom('events')
        .selectAll()
        .where('hostId', '=', id)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      const rows = await query.execute();
      return {
        items: rows.map((row) => ({
          ...row,
          data: row.data === null ? null : (JSON.parse(row.data) as Record<string, number | string>),
        })),
      };
    },
  );
}

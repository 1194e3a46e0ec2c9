// Alerts: the list, one with its log, taking it over.

import { NamedError } from '../../../shared/errors.ts';
import { mayActAs, type Principal, whoIs } from '../../access/principal.ts';
import { recordAudit } from '../../access/audit.ts';
import { findAlert, listAlerts, readStates } from '../alerts.ts';
import type { App, Context } from '../context.ts';
import { confinement, principalOf } from '../guard.ts';
import { findHost } from '../hosts.ts';
import * as shapes from '../shapes.ts';
import { findHospital } from './hospitals.ts';

export function alertRoutes(app: App, context: Context): void {
  const { state, services, clock } = context;
  app.get(
    '/alerts',
    { schema: { querystring: shapes.AlertsQuery, response: { 200: shapes.AlertList } } },
    async (request) => {
      const { state: states, host, hospital, limit } = request.query;
      const confined = confinement(request);
      if (host !== undefined) await findHost(context, host, confined);
      if (hospital !== undefined) await findHospital(state, hospital, confined);
      const wish = { confinement: confined, states: readStates(states), host, hospital, limit };
      return { items: await listAlerts(state, wish) };
    },
  );
  app.get(
    '/alerts/:id',
    { schema: { params: shapes.IdParams, response: { 200: shapes.AlertDetail } } },
    (request) => findAlert(state, request.params.id, confinement(request)),
  );
  app.post(
    '/alerts/:id/ack',
    { schema: { params: shapes.IdParams, body: shapes.AckBody, response: { 200: shapes.AlertDetail } } },
    async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      // A viewer learns nothing of other hospitals' alerts, not even that he may not acknowledge them.
      await findAlert(state, id, confinement(request));
      requireEngineer(principal);
      const note = (request.body.note ?? '').trim();
      await services.alerts.acknowledge(id, whoIs(principal), note);
      const entry = { at: clock.now(), who: whoIs(principal), what: 'alert.acknowledge', subject: id };
      await recordAudit(state, note === '' ? entry : { ...entry, detail: { note } });
      return await findAlert(state, id, confinement(request));
    },
  );
}

function requireEngineer(principal: Principal): void {
  if (!mayActAs(principal, 'engineer'))
    throw new NamedError('FORBIDDEN', 'a viewer may look at alerts, not take them over');
}

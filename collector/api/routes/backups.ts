// Backup sets of every hospital, of one host, and one of them with everything; the plan to a moment. Reading only: a plan is printed,
// nothing is ever run.

import { plansFor } from '../../backups/plans.ts';
import { readBackups } from '../../backups/state/read.ts';
import { backupSet, hostBackups, listBackups, planReply } from '../backups.ts';
import * as shapes from '../backup-shapes.ts';
import type { App, Context } from '../context.ts';
import { confinement } from '../guard.ts';
import { findHost } from '../hosts.ts';
import { IdParams } from '../shapes.ts';
import { findHospital } from './hospitals.ts';

export function backupRoutes(app: App, context: Context): void {
  app.get(
    '/backups',
    { schema: { querystring: shapes.BackupsQuery, response: { 200: shapes.BackupList } } },
    async (request) => {
      const confined = confinement(request);
      const { hospital } = request.query;
      if (hospital !== undefined) await findHospital(context.state, hospital, confined);
      return await listBackups(context, { confinement: confined, hospital });
    },
  );
  app.get(
    '/hosts/:id/backups',
    { schema: { params: IdParams, response: { 200: shapes.HostBackupList } } },
    async (request) =>
      await hostBackups(context, await findHost(context, request.params.id, confinement(request))),
  );
  app.get(
    '/hosts/:id/backups/:set',
    { schema: { params: shapes.SetParams, response: { 200: shapes.BackupSetDetail } } },
    async (request) => {
      const { id, set } = request.params;
      return await backupSet(context, await findHost(context, id, confinement(request)), set);
    },
  );
  app.get(
    '/hosts/:id/backups/:set/plan',
    {
      schema: {
        params: shapes.SetParams,
        querystring: shapes.PlanQuery,
        response: { 200: shapes.PlansReply },
      },
    },
    async (request) => {
      const { id, set } = request.params;
      const host = await findHost(context, id, confinement(request));
      const { at, database, ...target } = request.query;
      const now = context.clock.now();
      const kept = await readBackups(context.state, host.id, now);
      const plans = plansFor(kept, set, { at, database, target }, now).map(planReply);
      return { host: { id: host.id, name: host.name }, set, plans } as shapes.PlansReply;
    },
  );
}

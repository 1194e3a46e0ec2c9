// Reports: make one, list them, have one as a file. Promise: everybody sees those of his own hospital only; a file that is had twice is the
// same to the byte.

import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { whoIs } from '../../access/principal.ts';
import type { DocumentFormat } from '../../document/document.ts';
import { findReport, listReports, type MadeReport, makeReport } from '../../reports/made.ts';
import type { State } from '../../state/state.ts';
import type { App, Context } from '../context.ts';
import { confinement, principalOf } from '../guard.ts';
import * as shapes from '../report-shapes.ts';
import { IdParams } from '../shapes.ts';
import { findHospital } from './hospitals.ts';

const TYPES: Readonly<Record<DocumentFormat, string>> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html; charset=utf-8',
};

export function reportRoutes(app: App, context: Context): void {
  const { state, clock } = context;
  app.get(
    '/reports',
    { schema: { querystring: shapes.ReportsQuery, response: { 200: shapes.ReportList } } },
    async (request) => {
      const confined = confinement(request);
      const { hospital } = request.query;
      if (hospital !== undefined) await findHospital(state, hospital, confined);
      return { items: await itemsOf(state, await listReports(state, { confinement: confined, hospital })) };
    },
  );
  app.post(
    '/reports',
    {
      config: { access: 'engineer' },
      schema: { body: shapes.NewReport, response: { 201: shapes.ReportItem } },
    },
    async (request, reply) => {
      const { kind, hospital, from, to, language = 'zh', preparedBy } = request.body;
      const who = whoIs(principalOf(request));
      await findHospital(state, hospital, confinement(request));
      const made = await makeReport(
        state,
        { kind, hospitalId: hospital, period: { from, to }, language, preparedBy: preparedBy ?? who },
        { who, now: clock.now() },
      );
      const [item] = await itemsOf(state, [made]);
      return await reply.code(201).send(item as shapes.ReportItemShape);
    },
  );
  app.get(
    '/reports/:id/file',
    { schema: { params: IdParams, querystring: shapes.FileQuery } },
    async (request, reply) => {
      const { format = 'pdf' } = request.query;
      const { kind, number, data } = await findReport(state, request.params.id, confinement(request));
      const bytes = await context.services.reports.render(kind, data, format);
      return await sendFile(reply, { name: `${number}.${format}`, type: TYPES[format], bytes });
    },
  );
}

/** Always as a download: a report opened inside this page would stand under its rules and its cookies. */
function sendFile(reply: FastifyReply, { name, type, bytes }: { name: string; type: string; bytes: Buffer }) {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return reply
    .header('content-type', type)
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('etag', `"${digest}"`)
    .header('cache-control', 'private, no-store')
    .send(bytes);
}

async function itemsOf(state: State, rows: readonly MadeReport[]): Promise<shapes.ReportItemShape[]> {
  const hospitals = await state.selectFrom('hospitals').select(['id', 'name', 'timeZone']).execute();
  const places = new Map(hospitals.map((h) => [h.id, h]));
  return rows.map((row) => {
    const { tone } = row.summary as Pick<shapes.ReportItemShape, 'tone'>;
    return {
      id: row.id,
      kind: row.kind,
      number: row.number,
      hospital: places.get(row.hospitalId) ?? { id: row.hospitalId, name: '', timeZone: 'Asia/Shanghai' },
      language: row.language as shapes.ReportItemShape['language'],
      from: row.fromAt,
      to: row.toAt,
      madeAt: row.madeAt,
      madeBy: row.madeBy,
      ...(tone === undefined ? {} : { tone }),
    };
  });
}

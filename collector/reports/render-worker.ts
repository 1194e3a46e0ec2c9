// The thread that renders: data in, bytes out, one after the other.

import { parentPort } from 'node:worker_threads';
import { isNamedError } from '../../shared/errors.ts';
import { renderDocument } from '../document/render.ts';
import { unitOf } from './index.ts';
import type { RenderAnswer, RenderJob } from './renderer.ts';

async function answer({ id, kind, data, format }: RenderJob): Promise<RenderAnswer> {
  try {
    return { id, bytes: await renderDocument(unitOf(kind).document(JSON.parse(data) as unknown), format) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, code: isNamedError(error) ? error.code : undefined, message };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (job: RenderJob) => {
  last = last.then(async () => {
    parentPort?.postMessage(await answer(job), []);
  });
});

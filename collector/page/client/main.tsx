// Entry of the page.

import { render } from 'preact';
import { App } from './app.tsx';
import { readSession, session } from './request.ts';

const root = document.getElementById('app');
if (root) {
  render(<App />, root);
  readSession().catch(() => session.set('none'));
}

// Parts of the settings' forms.

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { RequestError } from '../request.ts';
import { useWords } from '../text/text.ts';

export function Field(props: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.children}
      {props.hint && <small class="muted">{props.hint}</small>}
    </label>
  );
}

/** Sends, shows what failed, and tells that it is under way. */
export function Form(props: { submit: string; send: () => Promise<void>; children: ComponentChildren }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await props.send();
    } catch (failure) {
      setError(failure instanceof RequestError ? failure.message : String(failure));
    }
    setBusy(false);
  };
  return (
    <form class="form" onSubmit={onSubmit}>
      {props.children}
      <p class="error" role="alert">
        {error}
      </p>
      <div class="form-end">
        <button type="submit" class="primary" disabled={busy}>
          {props.submit}
        </button>
      </div>
    </form>
  );
}

/** A text to copy: a command, a token. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      // Without HTTPS a browser refuses the clipboard: the text is selected instead.
      () => getSelection()?.selectAllChildren(document.querySelector('.copyable code') as Node),
    );
  };
  return (
    <div class="copyable">
      <code tabIndex={0} role="textbox" aria-readonly="true" aria-label={label}>
        {text}
      </code>
      <button type="button" onClick={copy}>
        {copied ? words.copied : words.copy}
      </button>
    </div>
  );
}

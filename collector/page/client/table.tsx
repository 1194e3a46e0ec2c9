// A titled table that scrolls sideways by itself and can be reached by keyboard, and a list of pairs.

import type { ComponentChildren } from 'preact';

export function Table(props: {
  id: string;
  title: string;
  heads: readonly string[];
  children: ComponentChildren;
  /** Below the table. */
  more?: ComponentChildren;
}) {
  return (
    <section class={`panel table table-${props.id}`} aria-labelledby={props.id}>
      <h2 id={props.id}>{props.title}</h2>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby={props.id}>
        <table>
          <Heads of={props.heads} />
          <tbody>{props.children}</tbody>
        </table>
      </div>
      {props.more}
    </section>
  );
}

export function Heads({ of }: { of: readonly string[] }) {
  return (
    <thead>
      <tr>
        {of.map((head) => (
          <th scope="col" key={head}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function Pairs({
  of,
  kind,
}: {
  of: readonly [name: string, value: ComponentChildren][];
  kind?: string;
}) {
  return (
    <dl class={kind}>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

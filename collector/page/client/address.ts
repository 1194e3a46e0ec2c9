// Which address of the page a link by names means.

export interface Named {
  id: string;
  name: string;
  hospital: { name: string };
}

/** undefined: there is no such host. Two of one name in a hospital are told apart by `name (id)`. */
export function addressOf(query: URLSearchParams, hosts: Iterable<Named>): string | undefined {
  const rest = new URLSearchParams();
  for (const name of ['from', 'to']) if (query.has(name)) rest.set(name, query.get(name) ?? '');
  const to = (path: string): string => (rest.size === 0 ? path : `${path}?${rest}`);
  const alert = query.get('alert');
  if (alert) return to(`/alerts/${encodeURIComponent(alert)}`);
  const host = query.get('host');
  if (!host) return to(query.get('view') === 'alerts' ? '/alerts' : '/');
  const found = [...hosts].find(
    (each) =>
      each.hospital.name === query.get('hospital') &&
      (each.name === host || `${each.name} (${each.id})` === host),
  );
  if (!found) return undefined;
  const set = query.get('set');
  const path = `/hosts/${encodeURIComponent(found.id)}`;
  return to(set ? `${path}/backups/${encodeURIComponent(set)}` : path);
}

/*
 * A watch looks at everything, at one namespace, at one name in all namespaces, or at one object: its scope. An event is handed to the
 * watchers of the four scopes of its object alone.
 */

/** The scopes that an object belongs to: everything, its namespace, its name, itself. */
export function scopesOf({ namespace, name }: { namespace: string; name: string }): string[] {
  return ['', `${namespace}/`, `*/${name}`, `${namespace}/${name}`];
}

/** What a subscription looks at. */
export function scopeOf({ namespace, name }: { namespace?: string; name?: string }): string {
  if (namespace === undefined) return name === undefined ? '' : `*/${name}`;
  return `${namespace}/${name ?? ''}`;
}

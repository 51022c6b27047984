/** The servers of a backend, by their numbers. An endpoint keeps its number as long as it is there. */
export type Slots = readonly (Endpoint | undefined)[];

export interface Endpoint {
  ip: string;
  port: number;
}

const leastSlots = 8;

/**
 * Places endpoints. A backend gets more servers than it has endpoints, since their number cannot change while the proxy runs: when there are
 * too many endpoints they double, and the proxy has to read its configuration anew.
 */
export function placeEndpoints(before: Slots | undefined, endpoints: readonly Endpoint[]): Slots {
  const wanted = new Map(endpoints.map((endpoint) => [nameOf(endpoint), endpoint]));
  const slots = (before ?? []).map((endpoint) => (endpoint && wanted.delete(nameOf(endpoint)) ? endpoint : undefined));
  const count = wanted.size + slots.filter(Boolean).length;
  let size = Math.max(leastSlots, slots.length);
  while (size < count || (before === undefined && size < count * 1.5)) size *= 2;
  slots.push(...Array.from({ length: size - slots.length }, () => undefined));
  const added = [...wanted.values()];
  return slots.map((endpoint) => endpoint ?? added.shift());
}

const nameOf = ({ ip, port }: Endpoint): string => `${ip} ${port}`;

import { ComposeError, invalid } from '../compose-error.ts';
import type { Reader } from './reader.ts';

export interface Dependency {
  service: string;
  condition: 'started' | 'healthy' | 'completed';
  /** Whether the service waits in vain when it does not come to be. */
  required: boolean;
  /** Whether the service is started again with it. */
  restart: boolean;
}

const conditions = { service_started: 'started', service_healthy: 'healthy', service_completed_successfully: 'completed' } as const;

/** `depends_on` and `links`. One that is not required and not there, or of a profile that is off, is none. */
export function dependenciesOf(
  service: Reader,
  { services, disabled }: { services: ReadonlyMap<string, Reader>; disabled: readonly string[] },
): Dependency[] {
  const found = service
    .at('depends_on')
    .entries()
    .flatMap(([name, entry]): Dependency[] => {
      const condition = conditions[entry.at('condition').oneOf('service_started', 'service_healthy', 'service_completed_successfully')];
      const required = !entry.has('required') || entry.at('required').bool();
      const restart = entry.at('restart').bool();
      entry.done();
      const other = services.get(name);
      if (!other && !required) return [];
      if (!other)
        throw invalid(
          entry.path,
          disabled.includes(name) ? `service ${name} is disabled: its profile is not on` : `service depends on undefined service ${name}`,
        );
      if (condition === 'healthy' && !other.has('healthcheck'))
        throw invalid(entry.path, `service ${name} has no healthcheck in the file, so that nobody can say when it is healthy`);
      return [{ service: name, condition, required, restart }];
    });
  const linked = service
    .at('links')
    .items()
    .map((link): Dependency => {
      const name = link.text().split(':')[0]!;
      if (!services.has(name)) throw invalid(link.path, `service depends on undefined service ${name}`);
      return { service: name, condition: 'started', required: true, restart: false };
    });
  return [...found, ...linked.filter(({ service: name }) => !found.some((each) => each.service === name))];
}

/** Whom others depend on comes first. Throws for a circle. */
export function startOrder(dependencies: ReadonlyMap<string, readonly Dependency[]>): string[] {
  const order: string[] = [];
  const visit = (name: string, above: readonly string[]): void => {
    if (above.includes(name))
      throw new ComposeError(`dependency cycle detected: ${[...above.slice(above.indexOf(name)), name].join(' -> ')}`);
    if (order.includes(name)) return;
    for (const { service } of dependencies.get(name) ?? []) visit(service, [...above, name]);
    order.push(name);
  };
  for (const name of dependencies.keys()) visit(name, []);
  return order;
}

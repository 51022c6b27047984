import { ApiError } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { ResourceService } from '#api-server/contract';
import type { Logger } from '#telemetry';
import { aggregatedRules, type LabelledRole } from './aggregation.ts';
import { apiServerUser, rbacResource } from './reconcile-defaults.ts';
import { rbacKinds } from './role-index.ts';

/**
 * Writes into each aggregated ClusterRole the rules that its selectors choose, as upstream's clusterrole-aggregation controller does, so
 * that clients see them. Authorization itself does not wait for it. Returns what ends it.
 */
export function startRoleAggregation(service: ResourceService, view: ClusterView, logger: Logger): () => void {
  let running = false;
  let again = false;
  let stopped = false;

  const run = async (): Promise<void> => {
    do {
      again = false;
      await writeAggregates(service, view);
    } while (again && !stopped);
  };
  const wake = (): void => {
    again = true;
    if (running || stopped) return;
    running = true;
    queueMicrotask(() => {
      run()
        .catch((err: unknown) => logger.error({ err }, 'could not write the rules of aggregated cluster roles'))
        .finally(() => {
          running = false;
          if (again) wake(); // a change came between the last look and here
        });
    });
  };
  const unsubscribe = view.onChange(rbacKinds.clusterRole, wake);
  return () => {
    stopped = true;
    unsubscribe();
  };
}

async function writeAggregates(service: ResourceService, view: ClusterView): Promise<void> {
  const roles = view.list<LabelledRole>(rbacKinds.clusterRole);
  for (const role of roles) {
    if (!role.aggregationRule) continue;
    const rules = aggregatedRules(role, roles);
    if (JSON.stringify(rules) === JSON.stringify(role.rules ?? [])) continue;
    await service
      .write({
        user: apiServerUser,
        resource: rbacResource('ClusterRole'),
        namespace: '',
        verb: 'update',
        name: role.metadata.name ?? '',
        body: { value: { ...role, rules } },
        fieldManager: 'clusterrole-aggregation-controller',
      })
      .catch((err: unknown) => {
        // Another api-server was quicker, or the role is gone: the change itself wakes this again.
        if (!(err instanceof ApiError) || (err.code !== 409 && err.code !== 404)) throw err;
      });
  }
}

import { nodeLabels } from '#objects';
import type { Affinity, NodeSelectorRequirement, ResourceRequirements, TopologySpreadConstraint } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { serviceLabel } from './names.ts';
import type { Reader } from './reader.ts';

/**
 * compose-spec, deploy.md, "resources", and the older `cpus`, `mem_limit`, `mem_reservation`. Docker's limits reserve nothing, so what is not
 * reserved is requested as 0: Kubernetes would take the limit.
 */
export function resourcesOf(service: Reader): ResourceRequirements | undefined {
  const resources = service.at('deploy').at('resources');
  const limits = resources.at('limits');
  const reservations = resources.at('reservations');
  const one = (first: Reader, second: Reader, read: (reader: Reader) => string): string | undefined => {
    const values = [first, second].filter(({ isSet }) => isSet).map(read);
    if (values.length === 2 && values[0] !== values[1]) throw invalid(second.path, `can't set distinct values on it and ${first.path}`);
    return values[0];
  };
  const cpu = (reader: Reader): string => `${Math.round(reader.number() * 1000)}m`;
  const memory = (reader: Reader): string => String(reader.bytes());
  const limit = { cpu: one(limits.at('cpus'), service.at('cpus'), cpu), memory: one(limits.at('memory'), service.at('mem_limit'), memory) };
  const request = {
    cpu: reservations.has('cpus') ? cpu(reservations.at('cpus')) : undefined,
    memory: one(reservations.at('memory'), service.at('mem_reservation'), memory),
  };
  limits.done({ pids: 'a node bounds the processes of its pods (agent.pod-max-pids)' });
  reservations.done({ devices: '', generic_resources: '' });
  resources.done();
  const set = (values: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '0m' && entry[1] !== '0'),
    );
  const given = set(limit);
  if (Object.keys(given).length === 0 && Object.keys(set(request)).length === 0) return undefined;
  return {
    limits: given,
    requests: { ...Object.fromEntries(Object.keys(given).map((name) => [name, '0'])), ...set(request) },
  };
}

export interface Placement {
  affinity?: Affinity;
  topologySpreadConstraints?: TopologySpreadConstraint[];
}

const fields: readonly [RegExp, string][] = [
  [/^node\.hostname$/, nodeLabels.hostname],
  [/^node\.platform\.os$/, nodeLabels.os],
  [/^node\.platform\.arch$/, nodeLabels.arch],
];

/** compose-spec, deploy.md, "placement". */
export function placementOf(placement: Reader, service: string): Placement {
  const requirements = placement
    .at('constraints')
    .items()
    .map((constraint) => requirementOf(constraint));
  const spread = placement
    .at('preferences')
    .items()
    .map((preference) => spreadOf(preference, service));
  const perNode = placement.at('max_replicas_per_node');
  if (perNode.isSet && perNode.whole() > 1) throw unsupported(perNode.path, 'only 1 can be said of pods');
  placement.done();
  const alone = perNode.isSet && perNode.whole() === 1;
  const selector = { matchLabels: { [serviceLabel]: service } };
  return {
    ...((requirements.length > 0 || alone) && {
      affinity: {
        ...(requirements.length > 0 && {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: requirements }] } },
        }),
        ...(alone && {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selector, topologyKey: nodeLabels.hostname }],
          },
        }),
      },
    }),
    ...(spread.length > 0 && { topologySpreadConstraints: spread }),
  };
}

function requirementOf(constraint: Reader): NodeSelectorRequirement {
  const [, left, operator, right] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint.text()) ?? [];
  if (left === undefined)
    throw invalid(constraint.path, `${JSON.stringify(constraint.value)} is not NODE_FIELD==VALUE or NODE_FIELD!=VALUE`);
  const equal = operator === '==';
  if (left === 'node.role') {
    const manager = right === 'manager';
    if (!manager && right !== 'worker') throw invalid(constraint.path, 'node.role is manager or worker');
    return { key: 'node-role.kubernetes.io/control-plane', operator: manager === equal ? 'Exists' : 'DoesNotExist' };
  }
  const key = /^(?:node|engine)\.labels\.(.+)$/.exec(left)?.[1] ?? fields.find(([pattern]) => pattern.test(left))?.[1];
  if (key === undefined)
    throw unsupported(
      constraint.path,
      `nodes are known by node.hostname, node.role, node.labels.…, node.platform.os and node.platform.arch`,
    );
  return { key, operator: equal ? 'In' : 'NotIn', values: [right!] };
}

function spreadOf(preference: Reader, service: string): TopologySpreadConstraint {
  const key = /^node\.labels\.(.+)$/.exec(preference.at('spread').text())?.[1];
  preference.done();
  if (key === undefined) throw unsupported(preference.path, 'pods are spread over values of node.labels.…');
  return { maxSkew: 1, topologyKey: key, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { [serviceLabel]: service } } };
}

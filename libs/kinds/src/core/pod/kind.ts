import type { Pod } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { bind } from './binding.ts';
import { columns } from './columns.ts';
import { applyPodDefaults } from './defaults.ts';
import { evict } from './eviction.ts';
import { validatePodStatus } from './status-validation.ts';
import { prepareEphemeral, prepareResize, prepareStatus, strategy } from './strategy.ts';
import { validateEphemeralUpdate, validatePodUpdate, validateResize } from './update-validation.ts';
import { validatePod, validatePodCreate } from './validation.ts';

const get = ['GET'] as const;
const getOrPost = ['GET', 'POST'] as const;
const any = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

export const pod: KindDefinition<Pod> = {
  gvk: { group: '', version: 'v1', kind: 'Pod' },
  scope: 'Namespaced',
  names: { plural: 'pods', singular: 'pod', shortNames: ['po'], categories: ['all'] },
  applyDefaults: applyPodDefaults,
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  strategy,
  columns,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validatePodStatus },
    ephemeralcontainers: {
      do: 'view',
      part: 'whole',
      prepareForUpdate: prepareEphemeral,
      validateUpdate: withPod(validateEphemeralUpdate),
    },
    resize: { do: 'view', part: 'whole', prepareForUpdate: prepareResize, validateUpdate: withPod(validateResize) },
    binding: { do: 'action', body: { group: '', version: 'v1', kind: 'Binding' }, run: bind },
    eviction: { do: 'action', body: { group: 'policy', version: 'v1', kind: 'Eviction' }, run: evict },
    log: { do: 'connect', shape: 'text', methods: get },
    exec: { do: 'connect', shape: 'streams', methods: getOrPost },
    attach: { do: 'connect', shape: 'streams', methods: getOrPost },
    portforward: { do: 'connect', shape: 'streams', methods: getOrPost },
    proxy: { do: 'connect', shape: 'relay', methods: any },
  },
};

/** The rules of a whole pod, then those of the change. */
function withPod(rules: typeof validatePodUpdate): typeof validatePodUpdate {
  return (next, previous) => [...validatePod(next), ...rules(next, previous)];
}

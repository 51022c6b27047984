import type { FieldTable } from './field-states.ts';

/** Of RuntimeClass. */
export const nodeFields: FieldTable = {
  'node.v1.RuntimeClass': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/agent/src/runtime-handlers.ts': 'handler',
      'libs/policy/src/admission/runtime-class.ts': 'overhead scheduling',
    },
  },
  'node.v1.Overhead': { done: { 'libs/policy/src/admission/runtime-class.ts': 'podFixed' } },
  'node.v1.Scheduling': { done: { 'libs/policy/src/admission/runtime-class.ts': 'nodeSelector tolerations' } },
};

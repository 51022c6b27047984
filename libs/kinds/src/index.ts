import type { KindDefinition } from './contract.ts';
import { configMap } from './core/config-map/kind.ts';
import { namespace } from './core/namespace/kind.ts';
import { pod } from './core/pod/kind.ts';
import { listed } from './rules/listed.ts';

/** Every kind that is served, in the order of discovery. */
export const kinds: readonly KindDefinition[] = [listed(configMap), listed(namespace), listed(pod)];

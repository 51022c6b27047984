import type { Endpoint } from '../../http/endpoint.ts';
import { membership } from './connect.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { list } from './list.ts';
import { prune } from './prune.ts';
import { remove } from './remove.ts';

export const networks: readonly Endpoint[] = [list, create, prune, inspect, remove, ...membership];

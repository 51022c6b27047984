import type { Endpoint } from '../../http/endpoint.ts';
import { archive } from './archive.ts';
import { changes } from './changes.ts';
import { exported } from './export.ts';
import { attach } from './attach.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { lifecycle } from './lifecycle.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { prune } from './prune.ts';
import { resize } from './resize.ts';
import { stats } from './stats.ts';
import { top } from './top.ts';
import { update } from './update.ts';
import { wait } from './wait.ts';

export const containers: readonly Endpoint[] = [
  create,
  list,
  inspect,
  ...lifecycle,
  ...archive,
  changes,
  exported,
  update,
  top,
  stats,
  wait,
  logs,
  attach,
  resize,
  prune,
];

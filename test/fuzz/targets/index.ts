import type { Target } from '../contract.ts';
import { bodies, largeBodies } from './bodies.ts';
import { dns } from './dns.ts';
import { dockerfiles } from './dockerfiles.ts';
import { grpc } from './grpc.ts';
import { layers } from './layers.ts';
import { manifests } from './manifests.ts';
import { largePatches, patches } from './patches.ts';
import { queries } from './queries.ts';
import { registry } from './registry.ts';
import { streams } from './streams.ts';

/** Everything that reads what comes from outside. */
export const targets: readonly Target[] = [
  bodies,
  largeBodies,
  patches,
  largePatches,
  queries,
  layers,
  manifests,
  registry,
  dockerfiles,
  dns,
  streams,
  grpc,
] as readonly Target[];

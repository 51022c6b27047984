import { volumeMountsConformance } from '#runtime/testing';
import { fakeMounts } from './volume-node.ts';

volumeMountsConformance('fakeMounts', () => fakeMounts().mounts);

import { volumeMountsConformance } from '../conformance/volume-mounts-conformance.ts';
import { volumeMounts } from './volume-mounts.ts';

volumeMountsConformance('volumeMounts', () => volumeMounts);

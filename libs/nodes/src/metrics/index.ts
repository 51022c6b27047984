import type { AddedKind } from '#api-server/contract';
import { nodeMetrics } from './node-metrics.ts';
import { podMetrics } from './pod-metrics.ts';
import type { MetricsParts } from './usage.ts';

/** metrics.k8s.io, made of what agents report. Who serves the group instead takes them out of the catalogue. */
export const metricsKinds = (parts: MetricsParts): readonly AddedKind[] => [nodeMetrics(parts), podMetrics(parts)];

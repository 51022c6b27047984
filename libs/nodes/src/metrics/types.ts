import type { FieldSchema, KindTypes, StructSchema } from '#api';
import { group, version } from './usage.ts';

const struct = (name: string, fields: Record<string, FieldSchema>): StructSchema => ({
  name: `io.k8s.metrics.pkg.apis.metrics.v1beta1.${name}`,
  fields: new Map(Object.entries(fields)),
});
const text: FieldSchema = { value: { type: 'string' } };
const usage = (protobuf: number): FieldSchema => ({ value: { type: 'map', values: { type: 'quantity' } }, required: true, protobuf });

/** `k8s.io/metrics/pkg/apis/metrics/v1beta1`, types.go and generated.proto: kubectl asks for protobuf. */
const common: Record<string, FieldSchema> = {
  kind: text,
  apiVersion: text,
  metadata: { value: { type: 'struct', of: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }, whenZero: 'write', protobuf: 1 },
  timestamp: { value: { type: 'time' }, required: true, protobuf: 2 },
  window: { value: { type: 'duration' }, required: true, protobuf: 3 },
};

export const nodeMetricsTypes: KindTypes = {
  gvk: { group, version, kind: 'NodeMetrics' },
  root: struct('NodeMetrics', { ...common, usage: usage(4) }),
};

const containerMetrics = struct('ContainerMetrics', { name: { ...text, required: true, protobuf: 1 }, usage: usage(2) });

export const podMetricsTypes: KindTypes = {
  gvk: { group, version, kind: 'PodMetrics' },
  root: struct('PodMetrics', {
    ...common,
    containers: {
      value: { type: 'list', items: { type: 'struct', of: containerMetrics.name }, listType: 'atomic' },
      required: true,
      protobuf: 4,
    },
  }),
  nested: [containerMetrics],
};

/** Facts of `k8s.io/api/node/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const nodeV1 = `
package io.k8s.api.node.v1 node.k8s.io v1
kinds RuntimeClass RuntimeClassList

struct RuntimeClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  handler 2 string always required
  overhead 3 *Overhead
  scheduling 4 *Scheduling

struct Overhead
  podFixed 1 core.v1.ResourceList

struct Scheduling
  nodeSelector 1 map[string] atomic
  tolerations 2 []core.v1.Toleration

struct RuntimeClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []RuntimeClass always required
`;

/** Facts of `k8s.io/api/discovery/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const discoveryV1 = `
package io.k8s.api.discovery.v1 discovery.k8s.io v1
kinds EndpointSlice EndpointSliceList

struct EndpointSlice
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  addressType 4 AddressType always required
  endpoints 2 []Endpoint always
  ports 3 []EndpointPort always

alias AddressType string

struct Endpoint
  addresses 1 []string always required set
  conditions 2 EndpointConditions
  hostname 3 *string
  targetRef 4 *core.v1.ObjectReference
  deprecatedTopology 5 map[string]
  nodeName 6 *string
  zone 7 *string
  hints 8 *EndpointHints

struct EndpointConditions
  ready 1 *bool
  serving 2 *bool
  terminating 3 *bool

struct EndpointHints
  forZones 1 []ForZone
  forNodes 2 []ForNode

struct ForZone
  name 1 string always required

struct ForNode
  name 1 string always required

struct EndpointPort atomic
  name 1 *string
  protocol 2 *core.v1.Protocol
  port 3 *int32
  appProtocol 4 *string

struct EndpointSliceList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []EndpointSlice always required
`;

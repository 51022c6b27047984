/** Facts of `k8s.io/api/events/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const eventsV1 = `
package io.k8s.api.events.v1 events.k8s.io v1
kinds Event EventList

struct Event
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta always
  eventTime 2 microTime always required
  series 3 *EventSeries
  reportingController 4 string
  reportingInstance 5 string
  action 6 string
  reason 7 string
  regarding 8 core.v1.ObjectReference
  related 9 *core.v1.ObjectReference
  note 10 string
  type 11 string
  deprecatedSource 12 core.v1.EventSource
  deprecatedFirstTimestamp 13 time
  deprecatedLastTimestamp 14 time
  deprecatedCount 15 int32

struct EventSeries
  count 1 int32 always required
  lastObservedTime 2 microTime always required

struct EventList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Event always required
`;

import { timestamp } from '#api';
import type { Lease, Node, NodeCondition } from '#api/types';
import { nodeCondition } from '#objects';

/** What was last heard of a node, and when on this process's own clock: nodes' clocks are not trusted. */
export interface Heard {
  heartbeat: string;
  renewTime: string;
  atMs: number;
}

export interface Grace {
  /** `--node-monitor-grace-period` */
  monitorMs: number;
  /** `--node-startup-grace-period`: for nodes that never said anything. */
  startupMs: number;
}

/** The conditions that only the node itself can know. */
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyCondition(node: Node): NodeCondition | undefined {
  return nodeCondition(node, 'Ready');
}

/** KEP-589: a node lives when it posts its status or renews its Lease. */
export function hear(node: Node, lease: Lease | undefined, before: Heard | undefined, nowMs: number): Heard {
  const heartbeat = readyCondition(node)?.lastHeartbeatTime ?? '';
  const renewTime = lease?.spec.renewTime ?? '';
  if (before && before.heartbeat === heartbeat && before.renewTime === renewTime) return before;
  return { heartbeat, renewTime, atMs: nowMs };
}

/** The node's conditions when it has been silent for too long: undefined while it is not, or when they say so already. */
export function silentConditions(node: Node, heard: Heard, grace: Grace, time: { now: Date; nowMs: number }): NodeCondition[] | undefined {
  const graceMs = readyCondition(node) ? grace.monitorMs : grace.startupMs;
  if (time.nowMs - heard.atMs <= graceMs) return undefined;
  const present = node.status?.conditions ?? [];
  const stamp = timestamp(time.now);
  const unknown = reported.map((type): NodeCondition => {
    const before = present.find((condition) => condition.type === type);
    if (before?.status === 'Unknown') return before;
    return before
      ? {
          ...before,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: stamp,
        }
      : {
          type,
          status: 'Unknown',
          reason: 'NodeStatusNeverUpdated',
          message: 'Kubelet never posted node status.',
          ...(node.metadata.creationTimestamp && { lastHeartbeatTime: node.metadata.creationTimestamp }),
          lastTransitionTime: stamp,
        };
  });
  if (unknown.every((condition) => present.includes(condition))) return undefined;
  return [...present.filter((condition) => !reported.includes(condition.type)), ...unknown];
}

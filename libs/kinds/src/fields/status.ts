import type { FieldTable } from './field-states.ts';

/** The status of pods. */
export const statusFields: FieldTable = {
  'core.v1.PodCondition': {
    done: {
      'libs/agent/src/pod-status.ts': 'type observedGeneration status lastTransitionTime reason message',
    },
    unwritten: {
      lastProbeTime: 'kubelets write null',
    },
  },
  'core.v1.HostIP': {
    done: {
      'libs/agent/src/pod-status.ts': 'ip',
    },
  },
  'core.v1.PodIP': {
    done: {
      'libs/agent/src/pod-status.ts': 'ip',
    },
  },
  'core.v1.ContainerStateWaiting': {
    done: {
      'libs/agent/src/pod-status.ts': 'reason message',
    },
  },
  'core.v1.ContainerStateRunning': {
    done: {
      'libs/agent/src/pod-status.ts': 'startedAt',
    },
  },
  'core.v1.ContainerStateTerminated': {
    done: {
      'libs/agent/src/pod-steps/termination-message.ts': 'exitCode reason message startedAt finishedAt containerID',
    },
    unwritten: {
      signal: 'the runtime tells an exit code, as those behind the CRI do',
    },
  },
  'core.v1.ContainerState': {
    done: {
      'libs/agent/src/pod-status.ts': 'waiting running terminated',
    },
  },
  'core.v1.VolumeMountStatus': {
    done: {
      'libs/agent/src/pod-status.ts': 'name mountPath readOnly recursiveReadOnly',
    },
    unwritten: {
      volumeStatus: 'of image volumes, which no node mounts',
    },
  },
  'core.v1.ContainerUser': {
    done: { 'libs/agent/src/pod-status.ts': 'linux' },
  },
  'core.v1.LinuxContainerUser': {
    done: { 'libs/agent/src/pod-status.ts': 'uid gid supplementalGroups' },
  },
  'core.v1.ContainerStatus': {
    done: {
      'libs/agent/src/pod-status.ts':
        'name state lastState ready restartCount image imageID containerID started allocatedResources resources volumeMounts stopSignal user',
    },
    unwritten: {
      allocatedResourcesStatus: 'of dynamic resource allocation, which no node takes part in',
    },
  },
  'core.v1.PodStatus': {
    done: {
      'libs/agent/src/pod-status.ts':
        'observedGeneration phase conditions message reason hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resources allocatedResources',
      'libs/scheduler/src/scheduler.ts': 'nominatedNodeName',
    },
    unwritten: {
      resourceClaimStatuses: 'of dynamic resource allocation, which no node takes part in',
      extendedResourceClaimStatus: 'of dynamic resource allocation, which no node takes part in',
      nodeAllocatableResourceClaimStatuses: 'of dynamic resource allocation, which no node takes part in',
      resize: 'deprecated; the conditions PodResizePending and PodResizeInProgress tell it (KEP-1287)',
    },
  },
};

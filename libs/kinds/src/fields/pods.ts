import type { FieldTable } from './field-states.ts';

/** Pods, their placement and their security. */
export const podsFields: FieldTable = {
  'core.v1.Sysctl': {
    done: {
      'libs/agent/src/pod-steps/sandbox.ts': 'name value',
    },
  },
  'core.v1.PodSecurityContext': {
    done: {
      'libs/agent/src/container-plan.ts':
        'runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup seccompProfile',
      'libs/agent/src/pod-steps/sandbox.ts': 'sysctls',
      'libs/agent/src/volumes/recorded-volume.ts': 'fsGroupChangePolicy',
      'libs/agent/src/admission-plan.ts': 'appArmorProfile',
    },
    warned: {
      seLinuxOptions: {
        spec: { securityContext: { seLinuxOptions: { level: 's0' } } },
        says: 'spec.securityContext.seLinuxOptions: has no effect',
      },
      windowsOptions: {
        spec: { securityContext: { windowsOptions: { runAsUserName: 'u' } } },
        says: 'spec.securityContext.windowsOptions: has no effect',
      },
      seLinuxChangePolicy: {
        spec: { securityContext: { seLinuxChangePolicy: 'Recursive' } },
        says: 'spec.securityContext.seLinuxChangePolicy: has no effect',
      },
    },
  },
  'core.v1.LocalObjectReference': {
    done: {
      'libs/agent/src/pod-steps/images.ts': 'name',
    },
  },
  'core.v1.NodeSelectorRequirement': {
    done: {
      'libs/objects/src/node-affinity.ts': 'key operator values',
    },
  },
  'core.v1.NodeSelectorTerm': {
    done: {
      'libs/objects/src/node-affinity.ts': 'matchExpressions matchFields',
    },
  },
  'core.v1.NodeSelector': {
    done: {
      'libs/objects/src/node-affinity.ts': 'nodeSelectorTerms',
    },
  },
  'core.v1.PreferredSchedulingTerm': {
    done: {
      'libs/objects/src/node-affinity.ts': 'weight preference',
    },
  },
  'core.v1.NodeAffinity': {
    done: {
      'libs/objects/src/node-affinity.ts': 'requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution',
    },
  },
  'core.v1.PodAffinityTerm': {
    done: {
      'libs/scheduler/src/plugins/inter-pod-affinity.ts':
        'labelSelector namespaces topologyKey namespaceSelector matchLabelKeys mismatchLabelKeys',
    },
  },
  'core.v1.WeightedPodAffinityTerm': {
    done: {
      'libs/scheduler/src/plugins/inter-pod-affinity.ts': 'weight podAffinityTerm',
    },
  },
  'core.v1.PodAffinity': {
    done: {
      'libs/scheduler/src/plugins/inter-pod-affinity.ts':
        'requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution',
    },
  },
  'core.v1.PodAntiAffinity': {
    done: {
      'libs/scheduler/src/plugins/inter-pod-affinity.ts':
        'requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution',
    },
  },
  'core.v1.Affinity': {
    done: {
      'libs/objects/src/node-affinity.ts': 'nodeAffinity',
      'libs/scheduler/src/plugins/inter-pod-affinity.ts': 'podAffinity podAntiAffinity',
    },
  },
  'core.v1.Toleration': {
    done: {
      'libs/objects/src/tolerations.ts': 'key operator value effect',
      'libs/controllers/src/taint-eviction/reconcile.ts': 'tolerationSeconds',
    },
  },
  'core.v1.HostAlias': {
    done: {
      'libs/agent/src/pod-files-plan.ts': 'ip hostnames',
    },
  },
  'core.v1.PodDNSConfigOption': {
    done: {
      'libs/agent/src/pod-files-plan.ts': 'name value',
    },
  },
  'core.v1.PodDNSConfig': {
    done: {
      'libs/agent/src/pod-files-plan.ts': 'nameservers searches options',
    },
  },
  'core.v1.PodReadinessGate': {
    done: {
      'libs/agent/src/pod-status.ts': 'conditionType',
    },
  },
  'core.v1.TopologySpreadConstraint': {
    done: {
      'libs/scheduler/src/plugins/pod-topology-spread.ts':
        'maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys',
    },
  },
  'core.v1.PodOS': {
    done: {
      'libs/agent/src/admission-plan.ts': 'name',
    },
  },
  'core.v1.PodSchedulingGate': {
    done: {
      'libs/kinds/src/core/pod/update-validation.ts': 'name',
    },
  },
  'core.v1.PodSpec': {
    done: {
      'libs/agent/src/volumes/pod-volumes.ts': 'volumes',
      'libs/agent/src/volumes/payload-volume.ts': 'securityContext',
      'libs/objects/src/pod-resources.ts': 'containers resources overhead',
      'libs/objects/src/containers.ts': 'initContainers',
      'libs/agent/src/pod-plan.ts': 'restartPolicy activeDeadlineSeconds',
      'libs/agent/src/host-ports-plan.ts': 'hostNetwork',
      'libs/agent/src/observed.ts': 'ephemeralContainers terminationGracePeriodSeconds',
      'libs/agent/src/pod-files-plan.ts': 'dnsPolicy hostname subdomain hostAliases dnsConfig setHostnameAsFQDN hostnameOverride',
      'libs/objects/src/node-affinity.ts': 'nodeSelector affinity',
      'libs/agent/src/environment-plan.ts': 'serviceAccountName nodeName enableServiceLinks',
      'libs/policy/src/admission/service-account.ts': 'serviceAccount automountServiceAccountToken',
      'libs/agent/src/container-plan.ts': 'hostPID hostIPC shareProcessNamespace',
      'libs/agent/src/pod-steps/images.ts': 'imagePullSecrets',
      'libs/agent/src/runtime-handlers.ts': 'runtimeClassName',
      'libs/scheduler/src/scheduler.ts': 'schedulerName schedulingGates',
      'libs/objects/src/tolerations.ts': 'tolerations',
      'libs/policy/src/admission/priority.ts': 'priorityClassName',
      'libs/scheduler/src/preemption.ts': 'priority preemptionPolicy',
      'libs/agent/src/pod-status.ts': 'readinessGates',
      'libs/scheduler/src/plugins/pod-topology-spread.ts': 'topologySpreadConstraints',
      'libs/agent/src/admission-plan.ts': 'os',
    },
    warned: {
      schedulingGroup: { spec: { schedulingGroup: { podGroupName: 'g' } }, says: 'spec.schedulingGroup: has no effect' },
    },
    waits: {
      resourceClaims: { by: 'libs/scheduler/src/plugins/dynamic-resources.ts', says: 'resourceclaim "${resourceClaimName}" not found' },
      hostUsers: {
        by: 'libs/agent/src/pod-steps/sandbox.ts',
        says: "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
      },
    },
  },
  'core.v1.Pod': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/agent/src/pod-status.ts': 'spec status',
    },
  },
  'core.v1.PodTemplateSpec': {
    done: {
      'libs/api/src/meta/object.ts': 'metadata',
      'libs/controllers/src/replicaset/reconcile.ts': 'spec',
    },
  },
  'core.v1.PodTemplate': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/kinds/src/core/pod-template/kind.ts': 'template',
    },
  },
  'core.v1.SessionAffinityConfig': {
    done: {
      'libs/network/src/services/service-routes.ts': 'clientIP',
    },
  },
};

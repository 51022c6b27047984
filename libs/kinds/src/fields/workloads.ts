import type { FieldTable } from './field-states.ts';

/** Namespaces, Secrets, the kinds that make pods, and what all objects have. */
export const workloadsFields: FieldTable = {
  'meta.v1.OwnerReference': {
    done: {
      'libs/controllers/src/garbage-collector/graph.ts': 'apiVersion kind name uid',
      'libs/controllers/src/garbage-collector/reconcile.ts': 'controller blockOwnerDeletion',
    },
  },
  'meta.v1.ManagedFieldsEntry': {
    done: {
      'libs/api/src/patch/managers.ts': 'manager operation apiVersion time fieldsType fieldsV1 subresource',
    },
  },
  'meta.v1.ObjectMeta': {
    done: {
      'libs/api-server/src/objects/metadata.ts':
        'name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds',
      'libs/api/src/meta/object.ts': 'labels annotations ownerReferences finalizers managedFields',
    },
  },
  'meta.v1.LabelSelectorRequirement': {
    done: {
      'libs/api/src/selectors/label-selector.ts': 'key operator values',
    },
  },
  'meta.v1.LabelSelector': {
    done: {
      'libs/api/src/selectors/label-selector.ts': 'matchLabels matchExpressions',
    },
  },
  'core.v1.NamespaceSpec': {
    done: {
      'libs/kinds/src/core/namespace/strategy.ts': 'finalizers',
    },
  },
  'core.v1.NamespaceCondition': {
    done: {
      'libs/controllers/src/namespace/reconcile.ts': 'type status lastTransitionTime reason message',
    },
  },
  'core.v1.NamespaceStatus': {
    done: {
      'libs/kinds/src/core/namespace/strategy.ts': 'phase',
      'libs/controllers/src/namespace/reconcile.ts': 'conditions',
    },
  },
  'core.v1.Namespace': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/kinds/src/core/namespace/strategy.ts': 'spec status',
    },
  },
  'core.v1.Secret': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/kinds/src/core/secret/validation.ts': 'immutable',
      'libs/agent/src/pod-steps/pull-credentials.ts': 'data type',
      'libs/kinds/src/core/secret/strategy.ts': 'stringData',
    },
  },
  'core.v1.ReplicationControllerSpec': {
    done: {
      'libs/controllers/src/replicaset/reconcile.ts': 'replicas minReadySeconds template',
      'libs/controllers/src/replication-controller/reconcile.ts': 'selector',
    },
  },
  'core.v1.ReplicationControllerCondition': {
    done: {
      'libs/controllers/src/replicaset/controller.ts': 'type status lastTransitionTime reason message',
    },
  },
  'core.v1.ReplicationControllerStatus': {
    done: {
      'libs/controllers/src/replicaset/reconcile.ts':
        'replicas fullyLabeledReplicas readyReplicas availableReplicas observedGeneration conditions',
    },
  },
  'core.v1.ReplicationController': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/replication-controller/reconcile.ts': 'spec status',
    },
  },
  'apps.v1.RollingUpdateDeployment': {
    done: {
      'libs/controllers/src/deployment/limits.ts': 'maxUnavailable maxSurge',
    },
  },
  'apps.v1.DeploymentStrategy': {
    done: {
      'libs/controllers/src/deployment/reconcile.ts': 'type rollingUpdate',
    },
  },
  'apps.v1.DeploymentSpec': {
    done: {
      'libs/controllers/src/deployment/reconcile.ts': 'replicas selector template minReadySeconds paused',
      'libs/controllers/src/deployment/limits.ts': 'strategy revisionHistoryLimit progressDeadlineSeconds',
    },
  },
  'apps.v1.DeploymentCondition': {
    done: {
      'libs/controllers/src/deployment/conditions.ts': 'type status lastUpdateTime lastTransitionTime reason message',
    },
  },
  'apps.v1.DeploymentStatus': {
    done: {
      'libs/controllers/src/deployment/conditions.ts':
        'observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas terminatingReplicas conditions collisionCount',
    },
  },
  'apps.v1.Deployment': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/deployment/reconcile.ts': 'spec status',
    },
  },
  'apps.v1.ReplicaSetSpec': {
    done: {
      'libs/controllers/src/replicaset/reconcile.ts': 'replicas minReadySeconds selector template',
    },
  },
  'apps.v1.ReplicaSetCondition': {
    done: {
      'libs/controllers/src/replicaset/controller.ts': 'type status lastTransitionTime reason message',
    },
  },
  'apps.v1.ReplicaSetStatus': {
    done: {
      'libs/controllers/src/replicaset/reconcile.ts':
        'replicas fullyLabeledReplicas readyReplicas availableReplicas terminatingReplicas observedGeneration conditions',
    },
  },
  'apps.v1.ReplicaSet': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/replicaset/reconcile.ts': 'spec status',
    },
  },
  'apps.v1.RollingUpdateStatefulSetStrategy': {
    done: {
      'libs/controllers/src/stateful-set/manage.ts': 'partition maxUnavailable',
    },
  },
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy': {
    done: {
      'libs/controllers/src/stateful-set/retention.ts': 'whenDeleted whenScaled',
    },
  },
  'apps.v1.StatefulSetUpdateStrategy': {
    done: {
      'libs/controllers/src/stateful-set/manage.ts': 'type rollingUpdate',
    },
  },
  'apps.v1.StatefulSetOrdinals': {
    done: {
      'libs/controllers/src/stateful-set/manage.ts': 'start',
    },
  },
  'apps.v1.StatefulSetSpec': {
    done: {
      'libs/controllers/src/stateful-set/manage.ts': 'replicas ordinals podManagementPolicy updateStrategy minReadySeconds',
      'libs/controllers/src/stateful-set/reconcile.ts': 'selector',
      'libs/controllers/src/stateful-set/history.ts': 'template revisionHistoryLimit',
      'libs/controllers/src/stateful-set/identity.ts': 'serviceName',
      'libs/controllers/src/stateful-set/retention.ts': 'volumeClaimTemplates persistentVolumeClaimRetentionPolicy',
    },
  },
  'apps.v1.StatefulSetStatus': {
    done: {
      'libs/controllers/src/stateful-set/reconcile.ts':
        'observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision updateRevision collisionCount ' +
        'availableReplicas',
    },
    unwritten: {
      conditions: 'upstream defines none',
    },
  },
  'apps.v1.StatefulSet': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/stateful-set/reconcile.ts': 'spec status',
    },
  },
  'apps.v1.RollingUpdateDaemonSet': {
    done: {
      'libs/controllers/src/daemon-set/places.ts': 'maxUnavailable maxSurge',
    },
  },
  'apps.v1.DaemonSetUpdateStrategy': {
    done: {
      'libs/controllers/src/daemon-set/reconcile.ts': 'type',
      'libs/controllers/src/daemon-set/places.ts': 'rollingUpdate',
    },
  },
  'apps.v1.DaemonSetSpec': {
    done: {
      'libs/controllers/src/daemon-set/reconcile.ts': 'selector updateStrategy minReadySeconds',
      'libs/controllers/src/daemon-set/placement.ts': 'template',
      'libs/controllers/src/daemon-set/history.ts': 'revisionHistoryLimit',
    },
  },
  'apps.v1.DaemonSetStatus': {
    done: {
      'libs/controllers/src/daemon-set/reconcile.ts':
        'currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady observedGeneration updatedNumberScheduled ' +
        'numberAvailable numberUnavailable collisionCount',
    },
    unwritten: {
      conditions: 'upstream defines none',
    },
  },
  'apps.v1.DaemonSet': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/daemon-set/reconcile.ts': 'spec status',
    },
  },
};

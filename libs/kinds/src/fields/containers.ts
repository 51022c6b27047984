import type { FieldTable } from './field-states.ts';

/** Containers of pods. */
export const containersFields: FieldTable = {
  'core.v1.ObjectFieldSelector': {
    done: {
      'libs/kinds/src/core/pod/spec/environment.ts': 'apiVersion',
      'libs/agent/src/environment-plan.ts': 'fieldPath',
    },
  },
  'core.v1.ResourceFieldSelector': {
    done: {
      'libs/agent/src/environment-plan.ts': 'containerName resource divisor',
    },
  },
  'core.v1.ContainerPort': {
    done: {
      'libs/controllers/src/endpoint-slice/endpoints-of-service.ts': 'name',
      'libs/agent/src/host-ports-plan.ts': 'hostPort containerPort protocol hostIP',
    },
  },
  'core.v1.ConfigMapEnvSource': {
    done: {
      'libs/agent/src/environment-plan.ts': 'name optional',
    },
  },
  'core.v1.SecretEnvSource': {
    done: {
      'libs/agent/src/environment-plan.ts': 'name optional',
    },
  },
  'core.v1.EnvFromSource': {
    done: {
      'libs/agent/src/environment-plan.ts': 'prefix configMapRef secretRef',
    },
  },
  'core.v1.ConfigMapKeySelector': {
    done: {
      'libs/agent/src/environment-plan.ts': 'name key optional',
    },
  },
  'core.v1.SecretKeySelector': {
    done: {
      'libs/agent/src/environment-plan.ts': 'name key optional',
    },
  },
  'core.v1.FileKeySelector': {
    done: {
      'libs/agent/src/environment-plan.ts': 'volumeName path key optional',
    },
  },
  'core.v1.EnvVarSource': {
    done: {
      'libs/agent/src/environment-plan.ts': 'fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef',
    },
  },
  'core.v1.EnvVar': {
    done: {
      'libs/agent/src/environment-plan.ts': 'name value valueFrom',
    },
  },
  'core.v1.ResourceRequirements': {
    done: {
      'libs/agent/src/resources-plan.ts': 'limits requests',
    },
    refused: {
      claims: {
        spec: { containers: [{ name: 'c', image: 'i', resources: { claims: [{ name: 'none' }] } }] },
        says: 'spec.containers[0].resources.claims[0]',
      },
    },
  },
  'core.v1.ContainerResizePolicy': {
    done: {
      'libs/agent/src/workers/pod-resize.ts': 'resourceName restartPolicy',
    },
  },
  'core.v1.ContainerRestartRuleOnExitCodes': {
    done: {
      'libs/objects/src/restart-rules.ts': 'operator values',
    },
  },
  'core.v1.ContainerRestartRule': {
    done: {
      'libs/agent/src/pod-plan.ts': 'action',
      'libs/objects/src/restart-rules.ts': 'exitCodes',
    },
  },
  'core.v1.ExecAction': {
    done: {
      'libs/agent/src/probes/check.ts': 'command',
    },
  },
  'core.v1.HTTPHeader': {
    done: {
      'libs/agent/src/probes/check-http.ts': 'name value',
    },
  },
  'core.v1.HTTPGetAction': {
    done: {
      'libs/agent/src/probes/check-http.ts': 'path port host scheme httpHeaders',
    },
  },
  'core.v1.TCPSocketAction': {
    done: {
      'libs/agent/src/probes/check.ts': 'port host',
    },
  },
  'core.v1.GRPCAction': {
    done: {
      'libs/agent/src/probes/check.ts': 'port service',
    },
  },
  'core.v1.Probe': {
    done: {
      'libs/agent/src/probes/check.ts': 'exec httpGet tcpSocket grpc',
      'libs/agent/src/probes/container-probes.ts': 'initialDelaySeconds periodSeconds successThreshold failureThreshold',
      'libs/agent/src/workers/container-worker.ts': 'timeoutSeconds terminationGracePeriodSeconds',
    },
  },
  'core.v1.SleepAction': {
    done: {
      'libs/agent/src/probes/check.ts': 'seconds',
    },
  },
  'core.v1.LifecycleHandler': {
    done: {
      'libs/agent/src/probes/check.ts': 'exec httpGet tcpSocket sleep',
    },
  },
  'core.v1.Lifecycle': {
    done: {
      'libs/agent/src/workers/container-worker.ts': 'postStart',
      'libs/agent/src/pod-steps/stop-containers.ts': 'preStop',
      'libs/agent/src/container-plan.ts': 'stopSignal',
    },
  },
  'core.v1.Capabilities': {
    done: {
      'libs/agent/src/container-plan.ts': 'add drop',
    },
  },
  'core.v1.SeccompProfile': {
    done: {
      'libs/agent/src/container-plan.ts': 'type localhostProfile',
    },
  },
  'core.v1.AppArmorProfile': {
    done: {
      'libs/agent/src/admission-plan.ts': 'type',
      'libs/kinds/src/core/pod/spec/security.ts': 'localhostProfile',
    },
  },
  'core.v1.SecurityContext': {
    done: {
      'libs/agent/src/container-plan.ts':
        'capabilities privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile',
      'libs/agent/src/admission-plan.ts': 'appArmorProfile',
    },
    warned: {
      seLinuxOptions: {
        spec: { containers: [{ name: 'c', image: 'i', securityContext: { seLinuxOptions: { level: 's0' } } }] },
        says: 'spec.containers[0].securityContext.seLinuxOptions: has no effect',
      },
      windowsOptions: {
        spec: { containers: [{ name: 'c', image: 'i', securityContext: { windowsOptions: { runAsUserName: 'u' } } }] },
        says: 'spec.containers[0].securityContext.windowsOptions: has no effect',
      },
    },
  },
  'core.v1.Container': {
    done: {
      'libs/agent/src/pod-plan.ts': 'name restartPolicy',
      'libs/objects/src/restart-rules.ts': 'restartPolicyRules',
      'libs/agent/src/container-plan.ts':
        'image command args workingDir env lifecycle terminationMessagePath securityContext stdin stdinOnce tty',
      'libs/agent/src/host-ports-plan.ts': 'ports',
      'libs/agent/src/environment-plan.ts': 'envFrom',
      'libs/agent/src/resources-plan.ts': 'resources',
      'libs/agent/src/workers/pod-resize.ts': 'resizePolicy',
      'libs/agent/src/pod-steps/container-mounts.ts': 'volumeMounts volumeDevices',
      'libs/agent/src/probes/container-probes.ts': 'livenessProbe readinessProbe startupProbe',
      'libs/agent/src/workers/container-worker.ts': 'terminationMessagePolicy',
      'libs/agent/src/pod-steps/images.ts': 'imagePullPolicy',
    },
  },
  'core.v1.EphemeralContainer': {
    done: {
      'libs/agent/src/pod-plan.ts': 'name',
      'libs/agent/src/container-plan.ts': 'image command args workingDir env terminationMessagePath securityContext stdin stdinOnce tty',
      'libs/agent/src/environment-plan.ts': 'envFrom',
      'libs/agent/src/pod-steps/container-mounts.ts': 'volumeMounts volumeDevices',
      'libs/agent/src/workers/container-worker.ts': 'terminationMessagePolicy',
      'libs/agent/src/pod-steps/images.ts': 'imagePullPolicy',
      'libs/agent/src/pod-steps/start-container.ts': 'targetContainerName',
    },
    refused: {
      ports: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', ports: [{ containerPort: 1 }] },
        says: 'spec.ephemeralContainers[0].ports',
      },
      resources: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', resources: { limits: { cpu: '1' } } },
        says: 'spec.ephemeralContainers[0].resources',
      },
      livenessProbe: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', livenessProbe: { tcpSocket: { port: 1 } } },
        says: 'spec.ephemeralContainers[0].livenessProbe',
      },
      readinessProbe: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', readinessProbe: { tcpSocket: { port: 1 } } },
        says: 'spec.ephemeralContainers[0].readinessProbe',
      },
      startupProbe: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', startupProbe: { tcpSocket: { port: 1 } } },
        says: 'spec.ephemeralContainers[0].startupProbe',
      },
      lifecycle: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', lifecycle: { preStop: { sleep: { seconds: 1 } } } },
        says: 'spec.ephemeralContainers[0].lifecycle',
      },
      resizePolicy: {
        kind: 'EphemeralContainer',
        spec: {
          name: 'e',
          image: 'i',
          terminationMessagePolicy: 'File',
          resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
        },
        says: 'spec.ephemeralContainers[0].resizePolicy',
      },
      restartPolicy: {
        kind: 'EphemeralContainer',
        spec: { name: 'e', image: 'i', terminationMessagePolicy: 'File', restartPolicy: 'Never' },
        says: 'spec.ephemeralContainers[0].restartPolicy',
      },
      restartPolicyRules: {
        kind: 'EphemeralContainer',
        spec: {
          name: 'e',
          image: 'i',
          terminationMessagePolicy: 'File',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
        },
        says: 'spec.ephemeralContainers[0].restartPolicyRules',
      },
    },
  },
};

import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api/types';
import { lookUp } from '#base';
import { localStorage, noProvisioner, nodeLabels, storageNames } from '#objects';
import { referenceTo } from './binding.ts';
import type { Action, Seen, Told } from './plan.ts';

const { betaStorageProvisioner, boundByController, provisionedBy, selectedNode, storageProvisioner } = storageNames;

/** No volume suits the claim: one is made, here for directories of nodes, elsewhere by whoever the class names. */
export function provision(seen: Seen, storageClass: StorageClass): Action[] {
  const { claim } = seen;
  const { provisioner } = storageClass;
  if (provisioner === noProvisioner) return [failed(claim, `no volume plugin matched name: ${noProvisioner}`)];
  const named = withProvisioner(claim, provisioner);
  if (named !== claim) return [{ do: 'writeClaim', claim: named }];
  if (provisioner === localStorage.provisioner) return makeDirectory(seen, storageClass);
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  return [{ do: 'tell', about: claim, event: { type: 'Normal', reason: 'ExternalProvisioning', message } }];
}

const failed = (about: PersistentVolumeClaim, message: string): Action => ({
  do: 'tell',
  about,
  event: { type: 'Warning', reason: 'ProvisioningFailed', message } satisfies Told,
});

/** Provisioners look for their name here, old ones under the old annotation. */
function withProvisioner(claim: PersistentVolumeClaim, provisioner: string): PersistentVolumeClaim {
  const { annotations = {} } = claim.metadata;
  const names = [storageProvisioner, betaStorageProvisioner];
  if (names.every((name) => lookUp(annotations, name) === provisioner)) return claim;
  const said = Object.fromEntries(names.map((name) => [name, provisioner]));
  return { ...claim, metadata: { ...claim.metadata, annotations: { ...annotations, ...said } } };
}

/** The agent of the node makes the directory itself, before the first mount. */
function makeDirectory({ claim, node }: Seen, storageClass: StorageClass): Action[] {
  const why = unservable(claim, storageClass);
  if (why !== undefined) return [failed(claim, `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${why}`)];
  const chosen = lookUp(claim.metadata.annotations ?? {}, selectedNode);
  if (chosen === undefined) {
    const message = 'no node was chosen; the class needs volumeBindingMode WaitForFirstConsumer';
    return [failed(claim, `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${message}`)];
  }
  const root = lookUp(node?.metadata.annotations ?? {}, localStorage.pathAnnotation);
  if (!node || root === undefined) {
    const missing = node ? `node "${chosen}" has no local storage` : `nodes "${chosen}" not found`;
    // Without the annotation the scheduler chooses again.
    const { [selectedNode]: _, ...annotations } = claim.metadata.annotations ?? {};
    return [
      failed(claim, `failed to get target node: ${missing}`),
      { do: 'writeClaim', claim: { ...claim, metadata: { ...claim.metadata, annotations } } },
    ];
  }
  return [{ do: 'makeVolume', claim, volume: directory(claim, storageClass, { name: chosen, root, labels: node.metadata.labels ?? {} }) }];
}

/** What a directory of one node is not. */
function unservable({ spec }: PersistentVolumeClaim, { parameters = {} }: StorageClass): string | undefined {
  const { provisioner } = localStorage;
  const modes = ['ReadWriteOnce', 'ReadWriteOncePod'];
  const given = spec.accessModes ?? [];
  const [option] = Object.keys(parameters);
  if (option !== undefined) return `invalid option "${option}" for volume plugin ${provisioner}`;
  if (spec.dataSource ?? spec.dataSourceRef) {
    return `plugin "${provisioner}" is not a CSI plugin. Only CSI plugin can provision a claim with a datasource`;
  }
  if (spec.volumeMode === 'Block') return `${provisioner} does not support block volume provisioning`;
  if (spec.selector) return 'claim.Spec.Selector is not supported for dynamic provisioning';
  if (given.every((mode) => modes.includes(mode))) return undefined;
  return `invalid AccessModes [${given.join(' ')}]: only AccessModes [${modes.join(' ')}] are supported`;
}

function directory(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: { name: string; root: string; labels: Readonly<Record<string, string>> },
): PersistentVolume {
  const name = `pvc-${claim.metadata.uid}`;
  const hostname = lookUp(node.labels, nodeLabels.hostname) ?? node.name;
  const matchExpressions = [{ key: nodeLabels.hostname, operator: 'In', values: [hostname] }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [boundByController]: 'yes', [provisionedBy]: localStorage.provisioner },
      labels: { [localStorage.nodeLabel]: node.name },
      finalizers: [localStorage.finalizer],
    },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '0' },
      claimRef: referenceTo(claim),
      local: { path: `${node.root}/${name}` },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      ...(storageClass.mountOptions && { mountOptions: storageClass.mountOptions }),
      volumeMode: 'Filesystem',
    },
  };
}

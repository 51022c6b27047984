import { ApiError, conflict, type FieldError, invalid, type KubeObject, notSupported, required, type Status, timestamp } from '#api';
import type { Binding, Pod, PodCondition } from '#api/types';
import { gvks } from '#objects';
import type { KindIo } from '../../contract.ts';

const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Assigns a pod to a node, once. 409 when it has one, is gated, is being deleted, or is another pod of that name. */
export async function bind(pod: Pod, body: KubeObject, io: KindIo, { dryRun }: { dryRun: boolean }): Promise<KubeObject> {
  const binding = body as Binding;
  const { namespace = '', name = '' } = pod.metadata;
  const errors = validateBinding(binding);
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding' }, name, errors);
  const change = (present: Pod): Pod => assign(present, binding, io.now());
  if (dryRun) change(pod);
  else await io.modify<Pod>(gvks.Pod, namespace, name, change);
  return success as unknown as KubeObject;
}

function validateBinding({ target }: Binding): FieldError[] {
  return [
    ...(target?.kind && target.kind !== 'Node' ? [notSupported('target.kind', target.kind, ['Node', '<empty>'])] : []),
    ...(target?.name ? [] : [required('target.name')]),
  ];
}

function assign(pod: Pod, binding: Binding, now: Date): Pod {
  const name = pod.metadata.name ?? '';
  const refuse = (why: string): ApiError => conflict({ group: '', resource: 'pods/binding' }, name, why);
  const uid = binding.metadata?.uid;
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const annotations = { ...pod.metadata.annotations, ...binding.metadata?.annotations };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(pod.metadata.generation !== undefined && { generation: pod.metadata.generation + 1 }),
    },
    spec: { ...pod.spec, nodeName: binding.target.name },
    status: { ...pod.status, conditions: scheduled(pod.status?.conditions ?? [], now) },
  };
}

function scheduled(conditions: readonly PodCondition[], now: Date): PodCondition[] {
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  return [...others, { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(now) }];
}

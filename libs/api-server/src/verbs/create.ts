import { alreadyExists, badRequest, errorsOf, type FieldError, invalid, type KubeObject } from '#api';
import type { AdmissionRequest, ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObjectSlices } from '../objects/codec.ts';
import { inNamespace, withSystemFields } from '../objects/metadata.ts';
import { validateMetadata } from '../objects/metadata-rules.ts';
import { WrittenObject } from '../objects/stored-text.ts';
import { admit, mutate } from '../writes/admit.ts';
import { allocated } from '../writes/allocate.ts';
import { owned } from '../writes/field-owners.ts';
import { groupResource, keyFor } from '../writes/cache-reads.ts';
import { type Decision, type Round, untilWritten } from '../writes/decide.ts';
import { kindIo } from '../writes/kind-io.ts';
import { done, slicesOf } from '../writes/slices.ts';

export type CreateRequest = Extract<WriteRequest, { verb: 'create' }>;

/** POST of an object: `k8s.io/apiserver/pkg/registry/rest.BeforeCreate` and what surrounds it. */
export async function create(core: Core, kind: ServedKind, request: CreateRequest): Promise<Written> {
  const decoded = await done(readObjectSlices(core.kinds.types, kind.gvk, request.body, request), slicesOf(request));
  return createDecoded(core, kind, request, decoded);
}

/** Also of a PUT or an apply that creates. */
export async function createDecoded(core: Core, kind: ServedKind, request: WriteRequest, decoded: KubeObject): Promise<Written> {
  if (decoded.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const generated = !decoded.metadata.name && Boolean(decoded.metadata.generateName);
  const started = await admittedForCreate(core, kind, request, decoded);
  return untilWritten(core, (round) => decideCreate(core, { kind, request, started, round }), {
    dryRun: request.dryRun,
    retries: (reason) => reason === 'exists' && generated,
  });
}

async function admittedForCreate(core: Core, kind: ServedKind, request: WriteRequest, decoded: KubeObject): Promise<KubeObject> {
  const { definition, version } = kind;
  const endSlice = slicesOf(request);
  await endSlice?.();
  const stored = version ? version.toStored(decoded) : decoded;
  const placed = inNamespace(stored, kind, request.namespace);
  const defaulted = definition.applyDefaults?.(placed) ?? placed;
  // An apply that creates has its owners already.
  const isApply = request.verb === 'patch';
  await endSlice?.();
  const managed = isApply || definition.answer ? defaulted : await done(owned(core, kind, request, { next: defaulted }), endSlice);
  await endSlice?.();
  return (await mutate(core, admission(kind, request, managed), warner(request))) ?? managed;
}

interface CreateState {
  kind: ServedKind;
  request: WriteRequest;
  started: KubeObject;
  round: Round;
}

async function decideCreate(core: Core, { kind, request, started, round }: CreateState): Promise<Decision> {
  const { definition } = kind;
  // Identity first: a Job's selector is made of its uid.
  const identified = withSystemFields(started, kind, core);
  const complete = definition.strategy?.prepareForCreate?.(identified) ?? identified;
  if (definition.answer) return answerOnly(core, { kind, request, complete, uid: started.metadata.uid });
  const endSlice = slicesOf(request);
  const errors = errorsOf(() => validateMetadata(kind, complete));
  await endSlice?.();
  const rules = (): FieldError[] => kind.version?.validate?.(complete) ?? definition.validate(complete);
  errors.push(...errorsOf(() => [...rules(), ...(definition.validateCreate?.(complete) ?? [])]));
  const name = complete.metadata.name ?? '';
  if (errors.length > 0) throw invalid(definition.gvk, name, errors);
  if (round.attempt === 1) for (const warning of definition.strategy?.warnings?.(complete) ?? []) request.warn?.(warning);
  await endSlice?.();
  await admit(core, admission(kind, request, complete), warner(request));
  await endSlice?.();
  const key = keyFor(kind, request.namespace, name);
  if (request.dryRun && core.cache.get(key)) throw alreadyExists(groupResource(kind), name);
  const { object, claims } = allocated(core, { kind, key, object: complete, taken: round.taken });
  await endSlice?.();
  return { do: 'write', outcome: 'created', kind, key, expect: 'absent', object, ...(claims && { claims }) };
}

interface Question {
  kind: ServedKind;
  request: WriteRequest;
  complete: KubeObject;
  /** That the client named, which is a precondition of a binding. */
  uid: string | undefined;
}

/** Reviews are answered and not kept: they need no name. */
async function answerOnly(core: Core, { kind, request, complete, uid }: Question): Promise<Decision> {
  const errors = errorsOf(() => kind.definition.validate(complete));
  if (errors.length > 0) throw invalid(kind.gvk, complete.metadata.name ?? '', errors);
  await admit(core, admission(kind, request, complete), warner(request));
  const { uid: _u, creationTimestamp: _c, generation: _g, ...metadata } = complete.metadata;
  const asked = { ...complete, metadata: { ...metadata, ...(uid && { uid }) } };
  const object = (await kind.definition.answer?.(asked, kindIo(core, request.user), { dryRun: request.dryRun ?? false })) ?? asked;
  return { do: 'answer', written: { outcome: 'answered', served: new WrittenObject(object, 0) } };
}

const warner = (request: WriteRequest): ((message: string) => void) => request.warn ?? (() => undefined);

function admission(kind: ServedKind, request: WriteRequest, object: KubeObject): AdmissionRequest {
  return {
    verb: 'create',
    user: request.user,
    resource: request.resource,
    kind: kind.gvk,
    subresource: '',
    namespace: request.namespace,
    name: object.metadata.name ?? '',
    dryRun: request.dryRun ?? false,
    object,
    oldObject: undefined,
  };
}

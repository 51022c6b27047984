import { badRequest, errorsOf, type FieldError, invalid, type KubeObject } from '#api';
import type { ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObjectSlices } from '../objects/codec.ts';
import { withSystemFields } from '../objects/metadata.ts';
import { validateMetadata } from '../objects/metadata-rules.ts';
import { WrittenObject } from '../objects/stored-text.ts';
import { admit, admissionOf, warner } from '../writes/admit.ts';
import { admitted } from '../writes/admitted.ts';
import { withClaims } from '../writes/allocate.ts';
import { Charges } from '../writes/charges.ts';
import { keyFor } from '../writes/cache-reads.ts';
import { type Attempt, type Decision, untilWritten } from '../writes/decide.ts';
import { kindIo } from '../writes/kind-io.ts';
import { done, slicesOf } from '../writes/slices.ts';

/** A POST, or the create that a PUT or an apply has become. */
export type CreateRequest = Extract<WriteRequest, { verb: 'create' }>;

/** POST of an object: `k8s.io/apiserver/pkg/registry/rest.BeforeCreate` and what surrounds it. */
export async function create(core: Core, kind: ServedKind, request: CreateRequest): Promise<Written> {
  const decoded = await done(readObjectSlices(core.kinds.types, kind.gvk, request.body, request), slicesOf(request));
  return createDecoded(core, kind, request, decoded);
}

/** Also of a PUT or an apply that creates. */
export async function createDecoded(core: Core, kind: ServedKind, request: WriteRequest, decoded: KubeObject): Promise<Written> {
  if (decoded.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const isNameGenerated = !decoded.metadata.name && Boolean(decoded.metadata.generateName);
  const warn = warner(request);
  const ownersMade = kind.definition.answer !== undefined || request.verb === 'patch';
  const object = await admitted(core, { kind, request, decoded, ownersMade, warn, endSlice: slicesOf(request) });
  return untilWritten(core, (attempt) => decideCreate(core, { kind, request, admitted: object, attempt }), {
    dryRun: request.dryRun,
    charges: new Charges(core, warn),
    // A name that the client chose and somebody has is the client's to hear of; a generated one is drawn again (KEP-4420).
    retries: (reason) => reason === 'exists' && isNameGenerated,
  });
}

interface CreateState {
  kind: ServedKind;
  request: WriteRequest;
  admitted: KubeObject;
  attempt: Attempt;
}

/**
 * One look: everything from `identified` on (see `writes/admitted.ts`). Done again for each try, so a generated name is drawn anew each
 * time. Throws ApiError 422 with all that is wrong, not the first of it, as upstream does.
 */
async function decideCreate(core: Core, { kind, request, admitted: object, attempt }: CreateState): Promise<Decision> {
  const { definition } = kind;
  // Identity first: a Job's selector is made of its uid.
  const identified = withSystemFields(object, kind, core);
  const prepared = definition.strategy?.prepareForCreate?.(identified, { user: request.user, now: core.clock.now() }) ?? identified;
  if (definition.answer) return answerOnly(core, { kind, request, prepared, uid: object.metadata.uid });
  const endSlice = slicesOf(request);
  const errors = errorsOf(() => validateMetadata(kind, prepared));
  await endSlice?.();
  const rules = (): FieldError[] => kind.version?.validate?.(prepared) ?? definition.validate(prepared);
  errors.push(...errorsOf(() => [...rules(), ...(definition.validateCreate?.(prepared) ?? [])]));
  const name = prepared.metadata.name ?? '';
  if (errors.length > 0) throw invalid(definition.gvk, name, errors);
  if (attempt.number === 1) for (const warning of definition.strategy?.warnings?.(prepared) ?? []) request.warn?.(warning);
  await endSlice?.();
  await admit(core, admissionOf('create', kind, request, { object: prepared, oldObject: undefined }), warner(request));
  await endSlice?.();
  const key = keyFor(kind, request.namespace, name);
  const { object: allocated, claims } = withClaims(core, { kind, key, object: prepared, taken: attempt.taken });
  await endSlice?.();
  const charge = admissionOf('create', kind, request, { object: allocated, oldObject: undefined });
  return { do: 'write', outcome: 'created', kind, key, expect: 'absent', object: allocated, charge, ...(claims && { claims }) };
}

interface Review {
  kind: ServedKind;
  request: WriteRequest;
  prepared: KubeObject;
  /** That the client named, which is a precondition of a binding. */
  uid: string | undefined;
}

/** Reviews are answered and not kept: they need no name. */
async function answerOnly(core: Core, { kind, request, prepared, uid }: Review): Promise<Decision> {
  const errors = errorsOf(() => kind.definition.validate(prepared));
  if (errors.length > 0) throw invalid(kind.gvk, prepared.metadata.name ?? '', errors);
  await admit(core, admissionOf('create', kind, request, { object: prepared, oldObject: undefined }), warner(request));
  const { uid: _u, creationTimestamp: _c, generation: _g, ...metadata } = prepared.metadata;
  const asked = { ...prepared, metadata: { ...metadata, ...(uid && { uid }) } };
  const object = (await kind.definition.answer?.(asked, kindIo(core, request.user), { dryRun: request.dryRun ?? false })) ?? asked;
  return { do: 'answer', written: { outcome: 'answered', served: new WrittenObject(object, 0) } };
}

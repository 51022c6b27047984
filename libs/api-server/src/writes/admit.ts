import { ApiError, internalError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest, AdmissionVerb, ServedKind, WriteRequest } from '../contract.ts';
import type { Core } from '../core.ts';
import { caughtUp, peek, peekAll } from './cache-reads.ts';
import { servedKind, modify } from './modify.ts';

/** Takes a warning for the client: a `Warning` header over HTTPS (RFC 7234 §5.5), so it must be called before the answer begins. */
export type Warn = (message: string) => void;
const unheard: Warn = () => undefined;
/** The request's own, or one that nobody hears: plugins may always warn. */
export const warner = ({ warn = unheard }: { warn?: Warn }): Warn => warn;

/** A write as the plugins see it. The name may still be missing at creation. */
export function admissionOf<O extends KubeObject | undefined>(
  verb: AdmissionVerb,
  { gvk }: Pick<ServedKind, 'gvk'>,
  { user, resource, subresource = '', namespace, name = '', dryRun = false }: Omit<WriteRequest, 'verb'>,
  { object, oldObject }: { object: O; oldObject: KubeObject | undefined },
): AdmissionRequest & { object: O } {
  return {
    verb,
    user,
    resource,
    kind: gvk,
    subresource,
    namespace,
    name: name || (object?.metadata.name ?? ''),
    dryRun,
    object,
    oldObject,
  };
}

/** Runs the plugins that may change the object, in order. Answers the object to go on with. */
export async function mutate(core: Core, request: AdmissionRequest & { object: KubeObject }, warn: Warn): Promise<KubeObject> {
  let { object } = request;
  for (const plugin of core.admission) {
    if (!plugin.mutate || !plugin.handles(request.verb, request.resource, request.subresource)) continue;
    const run = plugin.mutate.bind(plugin);
    const given = object;
    object =
      (await timed(core, { plugin, verb: request.verb, type: 'admit' }, () =>
        run({ ...request, object: given }, admissionIo(core, warn)),
      )) ?? object;
  }
  return object;
}

/** Runs the plugins that may only refuse, in order. Throws the first refusal. */
export async function admit(core: Core, request: AdmissionRequest, warn: Warn): Promise<void> {
  for (const plugin of core.admission) {
    if (!plugin.validate || !plugin.handles(request.verb, request.resource, request.subresource)) continue;
    const run = plugin.validate.bind(plugin);
    await timed(core, { plugin, verb: request.verb, type: 'validate' }, () => run(request, admissionIo(core, warn)));
  }
}

interface Turn {
  plugin: AdmissionPlugin;
  verb: AdmissionVerb;
  /** Metrics know upstream's two; a charge is the end of validation there. */
  type: 'admit' | 'validate';
}

/**
 * Runs one turn of a plugin and measures it, refused or not. An ApiError is the plugin's refusal and passes as it is; anything else is a
 * fault of the plugin and becomes a 500 that names it, so that a broken plugin never lets a write through.
 */
export async function timed<T>(core: Core, { plugin, verb, type }: Turn, run: () => T | Promise<T>): Promise<T> {
  const started = core.clock.monotonicMs();
  let rejected = false;
  try {
    return await run();
  } catch (err) {
    rejected = true;
    throw err instanceof ApiError ? err : internalError(`admission plugin "${plugin.name}" failed`, err);
  } finally {
    const labels = { name: plugin.name, operation: verb.toUpperCase(), rejected: String(rejected), type };
    core.metrics.admissionDuration(labels).observe((core.clock.monotonicMs() - started) / 1000);
  }
}

/**
 * What plugins see of the world. `get` and `list` read the cache without waiting, so they may be a few milliseconds old; a plugin whose
 * decision may not be, such as a quota, asks `fresh`.
 */
export function admissionIo(core: Core, warn: Warn): AdmissionIo {
  return {
    now: () => core.clock.now(),
    get: (gvk, namespace, name) => peek(core, gvk, namespace, name),
    list: (gvk, namespace) => peekAll(core, gvk, namespace),
    modify: (gvk, namespace, name, change) => modify(core, { kind: servedKind(core, gvk), namespace, name }, change),
    async fresh(gvk, namespace, name) {
      await caughtUp(core);
      return peek(core, gvk, namespace, name);
    },
    authorize: (user, attributes) => core.authorizer.authorize(user, attributes),
    warn,
  };
}

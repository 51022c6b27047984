import { ApiError, internalError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest, AdmissionVerb } from '../contract.ts';
import type { Core } from '../core.ts';
import type { ServerMetrics } from '../metrics.ts';
import { caughtUp, peek, peekAll } from './cache-reads.ts';

/** Runs the plugins that may change the object, in order. Answers the object to go on with. */
export async function mutate(core: Core, request: AdmissionRequest, warn: (message: string) => void): Promise<KubeObject | undefined> {
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
export async function admit(core: Core, request: AdmissionRequest, warn: (message: string) => void): Promise<void> {
  for (const plugin of core.admission) {
    if (!plugin.validate || !plugin.handles(request.verb, request.resource, request.subresource)) continue;
    const run = plugin.validate.bind(plugin);
    await timed(core, { plugin, verb: request.verb, type: 'validate' }, () => run(request, admissionIo(core, warn)));
  }
}

interface Turn {
  plugin: AdmissionPlugin;
  verb: AdmissionVerb;
  type: 'admit' | 'validate';
}

async function timed<T>(core: Core, { plugin, verb, type }: Turn, run: () => T | Promise<T>): Promise<T> {
  const started = core.clock.monotonicMs();
  let rejected = false;
  try {
    return await run();
  } catch (err) {
    rejected = true;
    throw err instanceof ApiError ? err : internalError(`admission plugin "${plugin.name}" failed`, err);
  } finally {
    durationOf(core.metrics, `${plugin.name} ${verb.toUpperCase()} ${rejected} ${type}`).observe(
      (core.clock.monotonicMs() - started) / 1000,
    );
  }
}

type Series = ReturnType<ServerMetrics['admissionDuration']['labels']>;
const seriesOf = new WeakMap<ServerMetrics, Map<string, Series>>();

/** Looking labels up costs more than observing: each series is kept. `labels` are the four of the metric, separated by spaces. */
function durationOf(metrics: ServerMetrics, labels: string): Series {
  let known = seriesOf.get(metrics);
  if (!known) {
    known = new Map();
    seriesOf.set(metrics, known);
  }
  let series = known.get(labels);
  if (!series) {
    series = metrics.admissionDuration.labels(...(labels.split(' ') as [string, string, string, string]));
    known.set(labels, series);
  }
  return series;
}

function admissionIo(core: Core, warn: (message: string) => void): AdmissionIo {
  return {
    now: () => core.clock.now(),
    get: (gvk, namespace, name) => peek(core, gvk, namespace, name),
    list: (gvk, namespace) => peekAll(core, gvk, namespace),
    async fresh(gvk, namespace, name) {
      await caughtUp(core);
      return peek(core, gvk, namespace, name);
    },
    authorize: (user, attributes) => core.authorizer.authorize(user, attributes),
    warn,
  };
}

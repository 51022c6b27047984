import type { ConvertedService } from '#compose';
import { pathOf } from '../cluster-objects.ts';
import { Progress } from '../printers/progress.ts';
import { UsageError } from '../supervisor/usage-error.ts';
import { type ComposeContext, openProject, withCluster } from './open-project.ts';
import { ProjectObjects } from './project-objects.ts';

/** `berth compose stop|start|restart`, of all services or of some. */
export async function composeLifecycle(
  context: ComposeContext,
  verb: 'stop' | 'start' | 'restart',
  names: readonly string[],
): Promise<void> {
  const { project, converted, namespace } = await openProject(context);
  const unknown = names.find((name) => !converted.services.some((service) => service.name === name));
  if (unknown !== undefined) throw new UsageError(`no such service: ${unknown}`);
  const services = converted.services.filter(({ name }) => names.length === 0 || names.includes(name));
  // Whom others need is stopped last.
  const ordered = verb === 'stop' ? services.toReversed() : services;
  await withCluster(context, async (api) => {
    const objects = new ProjectObjects(api, project.name, namespace.name, context.clock);
    const progress = new Progress(context.clock, context.write, context.isTerminal);
    const now = context.clock.now().toISOString();
    for (const service of ordered) {
      await progress.step(`${verb} ${service.name}`, async () => {
        if (verb === 'restart' && service.life.kind === 'Job')
          return objects.remove('Job', service.name).then(() => objects.start(service.workload));
        await api.mergePatch(`${pathOf(service.life.kind, namespace.name)}/${service.name}`, patchOf(service, verb, now));
      });
    }
  });
}

function patchOf({ name, life }: ConvertedService, verb: 'stop' | 'start' | 'restart', now: string): object {
  if (verb === 'restart') return { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': now } } } } };
  if (life.kind === 'Deployment') return { spec: { replicas: verb === 'stop' ? 0 : life.replicas } };
  if (life.kind === 'Job') return { spec: { suspend: verb === 'stop' } };
  throw new UsageError(`service ${name} is global: it cannot be ${verb === 'stop' ? 'stopped' : 'started'}, only taken down or brought up`);
}

import { lookUp } from '#base';
import { projectLabel } from '#compose';
import { pathOf } from '../cluster-objects.ts';
import { Progress } from '../printers/progress.ts';
import { type ComposeContext, openNamespace, withCluster } from './open-project.ts';
import { ProjectObjects } from './project-objects.ts';

const endMs = 180_000;

/** `berth compose down`: volumes stay unless they are asked for, and the namespace as long as there is something in it that stays. */
export async function composeDown(context: ComposeContext, { volumes }: { volumes: boolean }): Promise<void> {
  const { project, namespace } = await openNamespace(context);
  await withCluster(context, async (api) => {
    const objects = new ProjectObjects(api, project, namespace.name, context.clock);
    const progress = new Progress(context.clock, context.write, context.isTerminal);
    const found = await objects.ownNamespace(namespace.chosen);
    if (!found) {
      context.write(`nothing of the project ${project} is there\n`);
      return;
    }
    await progress.step(`ending the services of ${project}`, async () => {
      for (const kind of ['Deployment', 'DaemonSet', 'Job', 'Service', 'NetworkPolicy', 'ConfigMap', 'Secret'])
        for (const { metadata } of await objects.list(kind)) await api.delete(`${pathOf(kind, namespace.name)}/${metadata.name}`);
      if (!(await objects.eventually(async () => (await objects.list('Pod')).length === 0, endMs)))
        throw new Error(`pods of ${project} do not end`);
    });
    const claims = await objects.list('PersistentVolumeClaim');
    if (volumes && claims.length > 0)
      await progress.step(`removing ${claims.length} volume${claims.length === 1 ? '' : 's'}`, async () => {
        for (const { metadata } of claims) await objects.remove('PersistentVolumeClaim', metadata.name!);
      });
    if (lookUp(found.metadata.labels, projectLabel) !== project) return;
    if (volumes || claims.length === 0)
      await progress.step(`removing namespace ${namespace.name}`, () => objects.remove('Namespace', namespace.name));
    else context.write(`volumes stay: ${claims.map(({ metadata }) => metadata.name).join(', ')}; "down -v" removes them\n`);
  });
}

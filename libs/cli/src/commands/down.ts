import { removeTree } from '#base';
import { Progress } from '../printers/progress.ts';
import { mergeSettings, readSettings } from '../supervisor/cluster-settings.ts';
import { layoutOf } from '../supervisor/layout.ts';
import { takeDown } from '../supervisor/teardown.ts';
import type { CommandContext } from './context.ts';

/** Stops everything that the cluster runs on this machine, its pods in order; `purge` removes its data too. Succeeds when there is nothing to stop. */
export async function down(context: CommandContext, { purge, podSeconds }: { purge: boolean; podSeconds: number }): Promise<void> {
  const layout = layoutOf(context.home);
  const existing = await readSettings(layout.settings);
  if (!existing) {
    context.write(`no cluster in ${context.home}\n`);
    return;
  }
  // Whatever is asked for now, what was made is what is there.
  const settings = mergeSettings(existing, {});
  const progress = new Progress(context.clock, context.write, context.isTerminal);
  await progress.step(`stopping cluster ${settings.name}`, () => takeDown({ ...context, settings, layout, podSeconds }, context.clock));
  if (purge) await progress.step(`removing ${layout.home}`, () => removeTree(layout.home));
  else context.write(`its data stays in ${layout.home}: "npm start" brings it back, "npx berth down --purge" removes it\n`);
}

import { applySteps, revertSteps, type Step } from './step.ts';

const step = (name: string, log: string[], failing: 'apply' | 'revert' | 'never' = 'never'): Step<null> => ({
  name,
  source: 'spec',
  async apply() {
    log.push(`+${name}`);
    if (failing === 'apply') throw new Error(`${name} failed`);
  },
  async revert() {
    log.push(`-${name}`);
    if (failing === 'revert') throw new Error(`${name} stays`);
  },
});

it('applies in order', async () => {
  const log: string[] = [];
  await applySteps([step('a', log), step('b', log)], null);
  expect(log).toEqual(['+a', '+b']);
});

it('undoes what was done, the half done too, last first', async () => {
  const log: string[] = [];
  await expect(applySteps([step('a', log), step('b', log, 'apply'), step('c', log)], null)).rejects.toThrow('b failed');
  expect(log).toEqual(['+a', '+b', '-b', '-a']);
});

it('goes on undoing after an undo that failed', async () => {
  const log: string[] = [];
  await expect(revertSteps([step('a', log), step('b', log, 'revert')], null)).rejects.toThrow('cannot undo b');
  expect(log).toEqual(['-b', '-a']);
});

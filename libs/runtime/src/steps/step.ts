/**
 * One concern of the operating system. `apply` brings it about, `revert` takes it away; both are idempotent and work from names alone, so
 * that a later process can finish or undo what a killed one began.
 */
export interface Step<Context> {
  readonly name: string;
  /** Where the rule comes from. */
  readonly source: string;
  apply(context: Context): Promise<void>;
  revert(context: Context): Promise<void>;
}

/** Applies in order; when one fails, reverts it and those before it, last first, and throws what it threw. */
export async function applySteps<Context>(steps: readonly Step<Context>[], context: Context): Promise<void> {
  for (const [i, step] of steps.entries()) {
    try {
      await step.apply(context);
    } catch (err) {
      await revertSteps(steps.slice(0, i + 1), context);
      throw err;
    }
  }
}

/** Reverts all, last first. One that fails does not keep the others from it; the first error is thrown in the end. */
export async function revertSteps<Context>(steps: readonly Step<Context>[], context: Context): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps.toReversed()) {
    try {
      await step.revert(context);
    } catch (err) {
      errors.push(new Error(`cannot undo ${step.name}`, { cause: err }));
    }
  }
  if (errors.length > 0) throw errors[0];
}

import { requestEntityTooLarge } from '../meta/api-error.ts';

/** Values that applying one patch may look at, move or copy: some 50 ms, and a hundred times what a patch of a large object takes. */
const maxSteps = 2_000_000;

/** What a patch costs beyond its own size and that of its object. A few bytes of it may touch a long list each. */
export class PatchWork {
  private left = maxSteps;

  /** Throws ApiError 413. */
  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw requestEntityTooLarge(`Request entity too large: applying the patch takes more than ${maxSteps} steps`);
  }
}

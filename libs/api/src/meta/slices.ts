/**
 * Work in slices: it yields where others may have a turn. What is done with objects of up to a few megabytes takes longer, all steps
 * together, than the event loop may be held; each step does not.
 */
export type Slices<T> = Generator<void, T>;

/** All slices without a pause. */
export function atOnce<T>(slices: Slices<T>): T {
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/** Waits for `pause` between the slices. */
export async function inSlices<T>(slices: Slices<T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
    await pause();
  }
}

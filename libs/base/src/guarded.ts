/**
 * A listener for what comes from outside: what it throws goes to `failed`, which ends that one stream. Thrown out of an event it would be an
 * uncaught exception, and end the process with every other client's streams.
 */
export function guarded<A extends unknown[]>(handle: (...args: A) => void, failed: (err: unknown) => void): (...args: A) => void {
  return (...args) => {
    try {
      handle(...args);
    } catch (err) {
      failed(err);
    }
  };
}

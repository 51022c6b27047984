import type { KindEntry } from '#client/contract';
import type { KindCatalog } from '../contract.ts';
import { verbsOf } from './kind-catalog.ts';

/** All kinds in the version that they are stored in, and all of them again after each change, until the signal aborts. */
export async function* kindEntries(catalog: KindCatalog, signal: AbortSignal): AsyncGenerator<KindEntry[]> {
  let changed = true;
  let wake = (): void => undefined;
  const notice = (): void => {
    changed = true;
    wake();
  };
  const abort = (): void => wake();
  const stop = catalog.onChange(notice);
  signal.addEventListener('abort', abort, { once: true });
  try {
    while (!signal.aborted) {
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
      changed = false;
      yield catalog.all
        .filter(({ version }) => !version)
        .map((kind) => ({ gvk: kind.gvk, resource: kind.resource, namespaced: kind.namespaced, verbs: verbsOf(kind) }));
    }
  } finally {
    signal.removeEventListener('abort', abort);
    stop();
  }
}

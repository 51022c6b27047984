import type { Pod, RuntimeClass } from '#api/types';
import type { Api } from '#client/contract';
import { resources } from '#objects';

/** The OCI runtimes of this node, by the names that a RuntimeClass has for them; '' is that of pods without a class, and the same. */
export const runtimeHandlers: readonly string[] = ['', 'crun'];

/** Throws where the pod asks for a runtime that this node has not ("Runtime Class", containerd's words), or for a class that is gone. */
export async function checkRuntimeHandler(api: Pick<Api, 'get'>, { spec: { runtimeClassName: name } }: Pick<Pod, 'spec'>): Promise<void> {
  if (!name) return;
  const { handler } = await api.get<RuntimeClass>({ resource: resources.runtimeClasses, name });
  if (!runtimeHandlers.includes(handler)) throw new Error(`failed to get sandbox runtime: no runtime for "${handler}" is configured`);
}

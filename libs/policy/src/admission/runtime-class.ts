import type { AdmissionPlugin } from '#api-server/contract';
import type { Pod } from '#api/types';
import { gvks } from '#objects';
import { isPod, refuse } from './refuse.ts';

/** No pod runs under another runtime than the one that it names ("Runtime Class"); overhead comes from a class only (KEP-688). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (verb, resource, subresource) => verb === 'create' && isPod(resource) && subresource === '',
  async validate(request, io) {
    const { runtimeClassName: name, overhead } = (request.object as Pod).spec;
    if (name !== undefined && !(io.get(gvks.RuntimeClass, '', name) ?? (await io.fresh(gvks.RuntimeClass, '', name))))
      throw refuse(request, `pod rejected: RuntimeClass "${name}" not found`);
    if (name === undefined && overhead !== undefined && Object.keys(overhead).length > 0)
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
};

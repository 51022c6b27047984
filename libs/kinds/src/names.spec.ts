import { gvks, resources } from '#objects';
import { kinds } from './index.ts';

it('every kind is called by the constants as by its definition', () => {
  const inObjects: unknown[] = Object.values(gvks);
  const inPaths: unknown[] = Object.values(resources);
  const versions = kinds.flatMap(({ gvk, names, alsoServed = [] }) =>
    [gvk, ...alsoServed.map((each) => each.gvk)].map((each) => ({ gvk: each, names })),
  );
  for (const { gvk, names } of versions) {
    expect(inObjects).toContainEqual(gvk);
    expect(inPaths).toContainEqual({ group: gvk.group, version: gvk.version, resource: names.plural });
  }
});

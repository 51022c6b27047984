// Lets Node run the sources as they are: `#lib` leads to libs/lib/src/index.ts, not to what a build made of it.
import { registerHooks } from 'node:module';

const libs = new URL('../../../', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const [, lib, entry = 'index'] = /^#([a-z-]+)(?:\/(contract|testing))?$/.exec(specifier) ?? [];
    return lib
      ? { url: new URL(`${lib}/src/${entry}.ts`, libs).href, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context);
  },
});

// Puts each application of dist/ into one file of dist/parts/: finding and reading 600 modules takes a process 0.3 s of processor time and
// 13 MB, and a cluster on one machine starts eight of them at once. (Files that several share would be evaluated in another order.)
// The modules in dist/ stay what they are: the benchmarks and scripts load them. Argument: the folder that holds dist/.
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(process.argv[2] ?? '.');
const parts = join(root, 'dist/parts');

/** A module's own place stays what it was before it was moved. */
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/(apps|libs)\/.*\.js$/ }, ({ path }) => {
      const before = (of) => `new URL(${JSON.stringify(relative(parts, of))}, import.meta.url)`;
      const contents = readFileSync(path, 'utf8').replace(/\bimport\.meta\.(dirname|url)\b/g, (_, what) =>
        what === 'url' ? `${before(path)}.href` : `decodeURIComponent(${before(dirname(path))}.pathname)`,
      );
      return { contents, loader: 'js' };
    });
  },
};

/**
 * Nest looks for its packages of microservices and web sockets and goes on without them where they are not installed. Whoever uses one
 * imports it; for the others it is not there, which saves 300 modules and a second Redis client.
 */
const absent = {
  name: 'absent',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^@nestjs\/(microservices|websockets)\b/ }, ({ importer, path }) =>
      importer.includes('/node_modules/@nestjs/core/') ? { path, namespace: 'absent' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of this application`)});`,
    }));
  },
};

/**
 * Node's own modules are taken as they are. An `import` of one reads all that it exports, and so loads what Node would load when it is
 * used: with `node:http` a whole client of WebSocket and fetch, 4 MB and 50 ms for each process.
 */
const builtins = {
  name: 'builtins',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Loaded only when they are used, which they are not here; and the one that is native. */
const external = [
  '@nestjs/websockets',
  '@nestjs/websockets/*',
  '@nestjs/platform-express',
  'class-transformer',
  'class-validator',
  '@fastify/view',
  '@fastify/static',
  '@fastify/multipart',
  '@grpc/proto-loader',
  'pino-pretty',
  'kafkajs',
  'mqtt',
  'nats',
  '@nats-io/transport-node',
  'amqplib',
  'amqp-connection-manager',
  'koffi',
];

const options = {
  outdir: parts,
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minifyWhitespace: true, // a process keeps the text of its modules
  lineLimit: 160, // an uncaught error prints the line that it comes from
  sourcemap: true,
  sourcesContent: false,
  external,
  tsconfigRaw: {}, // its `paths` lead to the sources: what is put together here is what the compiler has made of them
  // CommonJS packages inside expect a `require`.
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  logLevel: 'warning',
};
const usesMicroservices = (app) => app === 'api-server';

await rm(parts, { recursive: true, force: true });
await Promise.all(
  readdirSync(join(root, 'dist/apps')).map((app) =>
    build({
      ...options,
      entryPoints: { [app]: join(root, 'dist/apps', app, 'src/main.js') },
      plugins: usesMicroservices(app) ? [places, builtins] : [places, builtins, absent],
    }),
  ),
);

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

/** What packages do as soon as they are loaded and no application needs: file -> text and what stands in its place. */
const put = {
  // Nest's console logger, which every application replaces, makes a formatter: with it 6 MB of Unicode's tables become resident.
  '@nestjs/common/services/console-logger.service.js': [
    /const dateTimeFormatter = (new Intl\.DateTimeFormat\(.*?\));/s,
    'const dateTimeFormatter = { format: (date) => $1.format(date) };',
  ],
};

const lighter = {
  name: 'lighter',
  setup({ onLoad, onResolve }) {
    for (const [file, [text, instead]] of Object.entries(put))
      onLoad({ filter: new RegExp(`/node_modules/${file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const before = readFileSync(path, 'utf8');
        if (!text.test(before)) throw new Error(`${file} has changed: ${text} is not in it`);
        return { contents: before.replace(text, instead), loader: 'js' };
      });
    // Of the two forms that rxjs has, the one from which unused parts can be left out.
    onResolve({ filter: /^rxjs(\/operators)?$/ }, ({ path }) => ({
      path: join(root, 'node_modules/rxjs/dist/esm', path.slice('rxjs'.length), 'index.js'),
      sideEffects: false,
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

/** Modules of this application that are loaded when they are needed for the first time, if ever: they stay where they are. */
const aside = {
  name: 'aside',
  setup({ onResolve }) {
    onResolve({ filter: /\/read-pod\.js$/ }, ({ resolveDir, path, kind }) =>
      kind === 'dynamic-import' ? { path: relative(parts, join(resolveDir, path)), external: true } : undefined,
    );
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
  legalComments: 'external', // names in them are not ASCII
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
      plugins: [places, builtins, lighter, aside, ...(usesMicroservices(app) ? [] : [absent])],
    }),
  ),
);

for (const file of readdirSync(parts).filter((name) => name.endsWith('.js'))) {
  const found = /.{0,60}[\u0080-\uffff].{0,20}/.exec(readFileSync(join(parts, file), 'utf8'));
  // V8 keeps a text with one such character in two bytes a character: 3 MB more for the api-server.
  if (found) throw new Error(`${file} is not ASCII (write \\u escapes in regular expressions): ${found[0]}`);
}

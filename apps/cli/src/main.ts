import { enableCompileCache } from 'node:module';

enableCompileCache(); // the command is started often and does little: compiling its code would be most of its time
// Who reads no further, as `head`, has what it wants.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code !== 'EPIPE') throw err;
  process.exit();
});
const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));

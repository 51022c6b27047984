import { enableCompileCache } from 'node:module';

enableCompileCache(); // the command is started often and does little: compiling its code would be most of its time
const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));

// npm stop: takes the cluster of this machine down; its data stays.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { berth, explain, Failure, root } from './prepare.mjs';

if (!existsSync(join(root, 'dist/parts/cli.js'))) explain(new Failure('Berth is not built here', 'run npm start once'));
berth(['down', ...process.argv.slice(2)]);

import 'reflect-metadata';
import { createLogger, onShutdown } from '#telemetry';
import { collectGarbage } from './collect-garbage.ts';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

const config = await readConfig(process.argv.slice(2)).catch((err: unknown) => {
  process.stderr.write(`registry: ${err instanceof Error ? err.message : String(err)}\n`);
  process.exit(2);
});
const logger = createLogger('registry', { level: config.logLevel });
if (config.garbageCollect) await collectGarbage(config, logger);
else onShutdown(logger, await serve(config, logger));

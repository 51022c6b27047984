import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { readConfig } from './config.ts';
import { EngineProcess } from './engine-process.ts';

const config = await flagsOrExit('engine', readConfig);
const logger = createLogger('engine', { level: config.logLevel });
const engine = await EngineProcess.open(config, logger).catch((err: unknown) => {
  logger.fatal({ err }, 'the engine cannot be opened');
  process.exit(1);
});
onShutdown(logger, () => engine.close(), {
  SIGUSR2: async () => {
    await engine.shutDown();
    await engine.close();
  },
});
await collectWhenIdle(systemClock);

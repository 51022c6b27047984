import type { Logger } from './log.ts';

/**
 * Runs `stop` once, at the first SIGTERM or SIGINT, and ends the process with 0; a second signal ends it at once. `others`: what to run
 * instead at further signals, which end the process too. An unhandled rejection or exception is a broken invariant: it is logged and the
 * process ends, since state lives in the store and the supervisor starts it again.
 */
export function onShutdown(
  logger: Logger,
  stop: () => Promise<void>,
  others: Partial<Record<NodeJS.Signals, () => Promise<void>>> = {},
): void {
  let stopping = false;
  const begin = (signal: string, end: () => Promise<void>): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    end().then(
      () => process.exit(0),
      (err: unknown) => {
        logger.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  for (const [signal, end] of Object.entries({ SIGTERM: stop, SIGINT: stop, ...others })) process.on(signal, () => begin(signal, end));
  const crash = (err: unknown): void => {
    logger.fatal({ err }, 'broken invariant');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

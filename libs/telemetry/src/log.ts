import { pino } from 'pino';

/** A constant message plus fields: `logger.info({ node, durationMs }, 'pod started')`. Never Secret data or tokens. */
export type Logger = pino.Logger;

/**
 * JSON lines on standard output: the supervisor keeps them in a file per part. Times are ISO 8601; an error belongs into the field `err`,
 * which is written with its stack and its causes.
 */
export function createLogger(component: string, { level = 'info' }: { level?: string } = {}): Logger {
  return pino({
    level,
    base: { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
  });
}

/** For specs and for parts that have nothing to say. */
export const silentLogger: Logger = pino({ level: 'silent' });

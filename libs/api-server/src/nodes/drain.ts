import type { EventEmitter } from 'node:events';

const ends = ['drain', 'finish', 'close', 'error'] as const;

/** Resolves when a full stream can take more, or never will. Leaves no listener behind, however often it is asked. */
export function drain(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ends) stream.off(event, done);
      resolve();
    };
    for (const event of ends) stream.on(event, done);
  });
}

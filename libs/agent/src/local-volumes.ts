import { join } from 'node:path';

/** Below which directory this node keeps the volumes of the built-in storage. */
export const localVolumesDir = (rootDir: string): string => join(rootDir, 'local-volumes');

import { fileURLToPath } from 'node:url';

/** The folder that holds `dist/`, `deploy/` and `node_modules/`. */
export const installation = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');
